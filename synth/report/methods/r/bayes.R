# ---- The Bayesian model by a plain grid, in base R ----------------------------------------------------------------
# tau is half-normal with scale 0.5; mu is flat where both outcomes occur, else the proportion exp(mu) / (1 + exp(mu))
# is uniform. Sums over a grid: even in tau and falling to nothing at the ends, so that trapezoids converge fast.
p <- pieces(dat)
x <- sum(dat$events)
flat <- x > 0 && x < sum(dat$total)
taus <- seq(0, 3.6, length.out = 37)
log_prior <- function(mu) if (flat) 0 else dlogis(mu, log = TRUE)
log_tau <- dnorm(taus, 0, 0.5, log = TRUE)
at_mean <- function(mu) sapply(taus, function(t) height(p, mu, t)) + log_tau + log_prior(mu)
middle <- qlogis((x + 0.5) / (sum(dat$total) + 1))
top <- max(at_mean(middle))
edge <- function(side) {
  step <- 0.25
  while (max(at_mean(middle + side * step)) > top - 30) step <- 1.3 * step
  middle + side * step
}
mus <- seq(edge(-1), edge(1), length.out = 121)
logs <- t(sapply(mus, at_mean))
w <- exp(logs - max(logs))
w[, 1] <- w[, 1] / 2
density <- splinefun(mus, rowSums(w))
fine <- seq(mus[1], mus[length(mus)], length.out = 20001)
mass <- cumsum(pmax(density(fine), 0))
mass <- mass / mass[length(mass)]
where <- function(share) approx(mass, fine + (fine[2] - fine[1]) / 2, share, ties = "ordered")$y
found <- where(c(0.5, tail, 1 - tail))
unit <- (found[3] - found[2]) / 4
cat(sprintf("median = %.8g, %.8g to %.8g on the logit scale\n\n", found[1], found[2], found[3]))
check("posterior median", synth$estimate, found[1], unit, 1e-3)
check("lower limit", synth$ci_low, found[2], unit, 1e-3)
check("upper limit", synth$ci_high, found[3], unit, 1e-3)
shown <- plogis(found)
check("posterior median, reported", synth$shown, shown[1], (shown[3] - shown[2]) / 4, 1e-3)
check("lower limit, reported", synth$shown_low, shown[2], (shown[3] - shown[2]) / 4, 1e-3)
check("upper limit, reported", synth$shown_high, shown[3], (shown[3] - shown[2]) / 4, 1e-3)
