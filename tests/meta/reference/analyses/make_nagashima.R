# The bootstrap prediction interval of Nagashima, Noma and Furukawa (2019, Stat Methods Med Res 28:1689), written anew
# from the paper: the distribution of Cochran's Q by Imhof's integral (1961, Biometrika 48:419), tau2 by uniroot, and
# the interval from 20,000 draws. Writes nagashima.json where it is run. Run: Rscript make_nagashima.R
y <- c(-0.889, -1.585, -1.348, -1.442, -0.218, -0.786, -1.621, 0.012, -0.469, -1.371, -0.339, 0.446, -0.017)
v <- c(0.326, 0.195, 0.415, 0.020, 0.051, 0.007, 0.223, 0.004, 0.056, 0.073, 0.012, 0.533, 0.071)
k <- length(y); w <- 1 / v; mu <- sum(w * y) / sum(w); q <- sum(w * (y - mu)^2)
weights <- function(tau2) {
  s <- diag(sqrt(v + tau2)); a <- diag(w) - tcrossprod(w) / sum(w)
  eigen(s %*% a %*% s, symmetric = TRUE, only.values = TRUE)$values[1:(k - 1)]
}
above <- function(tau2) {
  l <- weights(tau2)
  f <- function(u) sapply(u, function(x) sin(0.5 * sum(atan(l * x)) - 0.5 * q * x) / (x * prod((1 + (l * x)^2)^0.25)))
  0.5 + integrate(f, 0, Inf, rel.tol = 1e-7, abs.tol = 1e-9, subdivisions = 2000)$value / pi
}
# H(tau2) = P(Q >= q; tau2) rises from that at 0: the confidence distribution of tau2
tau2_of <- function(p) if (p <= above(0)) 0 else uniroot(function(t) above(t) - p, c(0, 50), tol = 1e-8)$root
probabilities <- c(0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
quantiles <- sapply(probabilities, tau2_of)
# between 60 probabilities the quantiles are interpolated in the logarithm, which an interval of draws hardly notices
set.seed(1); n <- 20000; grid <- seq(0.001, 0.999, length.out = 60)
draws <- exp(approx(grid, log(pmax(sapply(grid, tau2_of), 1e-12)), runif(n), rule = 2)$y)
one <- function(t) {
  u <- 1 / (v + t); m <- sum(u * y) / sum(u)
  m + rnorm(1) * sqrt(t) - rt(1, k - 1) * sqrt(sum(u * (y - m)^2) / ((k - 1) * sum(u)))
}
found <- quantile(sapply(draws, one), c(0.025, 0.975), names = FALSE)
numbers <- function(x) paste0("[", paste(sprintf("%.12g", x), collapse = ", "), "]")
cat(sprintf('{\n  "R": "%s",\n  "y": %s,\n  "v": %s,\n  "probabilities": %s,\n  "tau2": %s,\n  "draws": %d,\n  "prediction": %s\n}\n',
  paste(R.version$major, R.version$minor, sep = "."), numbers(y), numbers(v), numbers(probabilities),
  numbers(quantiles), n, numbers(found)), file = "nagashima.json")
