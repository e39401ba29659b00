# ---- The beta-binomial model in base R ----------------------------------------------------------------------------
# theta = rho / (1 - rho); products of p + j theta are the likelihood, and stay regular at theta = 0, the binomial.
up_to <- function(p, theta, m) sapply(m, function(count) if (count == 0) 0 else sum(log(p + theta * (seq_len(count) - 1))))
height <- function(mu, log_theta) {
  p <- plogis(mu)
  q <- plogis(mu, lower.tail = FALSE)
  theta <- exp(log_theta)
  value <- sum(
    lchoose(dat$total, dat$events) + up_to(p, theta, dat$events) + up_to(q, theta, dat$total - dat$events) -
      up_to(1, theta, dat$total)
  )
  if (is.finite(value)) value else -1e300
}
mu_0 <- qlogis(sum(dat$events) / sum(dat$total))
best <- list(mu = mu_0, log_theta = -Inf, height = height(mu_0, -Inf))
common <- best$height
for (start in log(c(0.01, 0.05, 0.3, 1))) {
  found <- optim(c(mu_0, start), function(x) -height(x[1], x[2]), method = "BFGS", control = list(reltol = 1e-15))
  found <- optim(found$par, function(x) -height(x[1], x[2]), control = list(reltol = 1e-15, maxit = 5000))
  if (-found$value > best$height + 1e-9 && found$par[2] > -20) {
    best <- list(mu = found$par[1], log_theta = found$par[2], height = -found$value)
  }
}
# Second differences, each with Richardson's step, for the information in (mu, log theta).
second <- function(f, x, i, j, h = 2e-3) {
  at <- function(a, b) {
    y <- x
    y[i] <- y[i] + a
    y[j] <- y[j] + b
    f(y)
  }
  one <- function(h) {
    if (i == j) return((at(h, 0) - 2 * at(0, 0) + at(-h, 0)) / h^2)
    (at(h, h) - at(h, -h) - at(-h, h) + at(-h, -h)) / (4 * h^2)
  }
  (4 * one(h / 2) - one(h)) / 3
}
inside <- is.finite(best$log_theta)
f <- function(x) height(x[1], if (inside) x[2] else -Inf)
x <- c(best$mu, best$log_theta)
if (inside) {
  bend <- matrix(c(second(f, x, 1, 1), second(f, x, 1, 2), second(f, x, 1, 2), second(f, x, 2, 2)), 2)
  se <- sqrt(solve(-bend)[1, 1])
} else {
  n <- sum(dat$total)
  se <- sqrt(1 / (n * plogis(best$mu) * plogis(best$mu, lower.tail = FALSE)))
}
top_for <- function(mu) {
  trials <- c(-Inf, seq(-12, 6, length.out = 40))
  heights <- sapply(trials, function(t) height(mu, t))
  i <- which.max(heights)
  if (i == 1) return(heights[1])
  ends <- c(if (i == 2) -25 else trials[i - 1], if (i == length(trials)) 25 else trials[i + 1])
  max(heights[i], optimize(function(t) height(mu, t), ends, maximum = TRUE, tol = 1e-9)$objective)
}
limits <- if (settings$ci == "profile") {
  fallen <- function(mu) 2 * (best$height - top_for(mu)) - qchisq(settings$level, 1)
  sapply(c(-1, 1), function(side) {
    step <- se
    while (fallen(best$mu + side * step) < 0 && step < 100) step <- 1.5 * step
    if (step >= 100) NA else best$mu + side * uniroot(function(s) fallen(best$mu + side * s), c(0, step), tol = 1e-10)$root
  })
} else {
  best$mu + c(-1, 1) * quantile_of(settings$ci, nrow(dat)) * se
}
rho <- if (inside) plogis(best$log_theta) else 0
cat(sprintf("logit p = %.10g, se = %.10g, rho = %.10g, log-likelihood = %.10g\n\n", best$mu, se, rho, best$height))
check("pooled estimate", synth$estimate, best$mu, se, 1e-5)
check("standard error", synth$se, se, se, 1e-4)
check("lower limit", synth$ci_low, limits[1], se, 1e-4)
check("upper limit", synth$ci_high, limits[2], se, 1e-4)
shown <- plogis(c(best$mu, limits))
unit <- se * shown[1] * (1 - shown[1])
check("pooled value, reported", synth$shown, shown[1], unit, 1e-5)
check("lower limit, reported", synth$shown_low, shown[2], unit, 1e-4)
check("upper limit, reported", synth$shown_high, shown[3], unit, 1e-4)
check("log-likelihood", synth$loglik, best$height)
