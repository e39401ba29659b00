# ---- A mixed model with one random effect, its likelihood integrated, in base R -----------------------------------
# The effect of study i is mu + tau * u with u standard normal; "terms" gives the log-likelihood of a study at an effect
# and its first two derivatives. Nothing is approximated: the integral is a trapezoidal sum between the two ends where
# the integrand has fallen by exp(-38) of its peak, which for such smooth, single-peaked integrands is exact to rounding.
kind <- if (settings$measure == "PLOGIT") "binomial" else if (settings$measure == "IRLN") "poisson" else
  if (settings$model == "glmm-cm-el" && settings$measure == "OR") "hypergeometric" else "conditional"
pieces <- function(d) {
  if (kind == "binomial") return(list(x = d$events, n = d$total, offset = 0 * d$events))
  if (kind == "poisson") return(list(x = d$events, n = d$time, offset = 0 * d$events))
  # Given the events of both arms together, those of the first are binomial, or noncentral hypergeometric.
  size <- if (settings$measure == "IRR") log(d$time_1 / d$time_2) else log(d$total_1 / d$total_2)
  p <- list(x = d$events_1, n = d$events_1 + d$events_2, offset = size)
  if (kind == "hypergeometric") {
    p$tables <- lapply(seq_len(nrow(d)), function(i) {
      s <- max(0, p$n[i] - d$total_2[i]):min(d$total_1[i], p$n[i])
      list(s = s, log = lchoose(d$total_1[i], s) + lchoose(d$total_2[i], p$n[i] - s))
    })
  }
  p
}
terms_of <- function(p, effect) {
  # "effect" has a row for each study; so have the value and the two derivatives.
  effect <- as.matrix(effect)
  if (kind == "poisson") {
    mean <- p$n * exp(effect)
    value <- p$x * (effect + log(p$n)) - mean - lgamma(p$x + 1)
    return(list(value = value, first = p$x - mean, second = -mean))
  }
  if (kind == "hypergeometric") {
    out <- list(value = effect, first = effect, second = effect)
    for (i in seq_along(p$x)) {
      t <- p$tables[[i]]
      z <- outer(effect[i, ], t$s) + matrix(t$log, ncol(effect), length(t$s), byrow = TRUE)
      top <- apply(z, 1, max)
      w <- exp(z - top)
      sum_w <- rowSums(w)
      mean <- as.vector(w %*% t$s) / sum_w
      out$value[i, ] <- p$x[i] * effect[i, ] + t$log[t$s == p$x[i]] - top - log(sum_w)
      out$first[i, ] <- p$x[i] - mean
      out$second[i, ] <- -(rowSums(w * outer(mean, t$s, "-")^2) / sum_w)
    }
    return(out)
  }
  eta <- effect + p$offset
  log_p <- plogis(eta, log.p = TRUE)
  log_q <- plogis(eta, lower.tail = FALSE, log.p = TRUE)
  value <- lchoose(p$n, p$x) + p$x * log_p + (p$n - p$x) * log_q
  list(value = value, first = p$x - p$n * exp(log_p), second = -p$n * exp(log_p + log_q))
}
peaks <- function(p, mu, tau) {
  # The slope in u falls from left to right by 1 or more for each unit, so the peak lies between 0 and the slope at 0.
  start <- tau * terms_of(p, rep(mu, length(p$x)))$first[, 1]
  low <- pmin(start, 0)
  high <- pmax(start, 0)
  u <- (low + high) / 2
  for (step in 1:200) {
    found <- terms_of(p, mu + tau * u)
    slope <- tau * found$first[, 1] - u
    low <- ifelse(slope >= 0, u, low)
    high <- ifelse(slope <= 0, u, high)
    new <- u - slope / (tau^2 * found$second[, 1] - 1)
    # Newton where it stays inside, else the middle.
    new <- ifelse(is.finite(new) & new > low & new < high, new, (low + high) / 2)
    if (max(abs(new - u)) < 1e-6) break
    u <- new
  }
  new
}
integrand <- function(p, mu, tau, u) terms_of(p, mu + tau * u)$value - as.matrix(u)^2 / 2 - log(2 * pi) / 2
marginal <- function(p, mu, tau, nodes = 240) {
  tau <- abs(tau)
  if (tau == 0) {
    at <- terms_of(p, rep(mu, length(p$x)))
    zero <- 0 * p$x
    return(list(
      value = at$value[, 1], mu = at$first[, 1], tau = zero, mu2 = at$second[, 1], mutau = zero, tau2 = zero, mean = zero,
      square = zero + 1
    ))
  }
  peak <- peaks(p, mu, tau)
  top <- integrand(p, mu, tau, peak)[, 1]
  end <- function(side) {
    inside <- 0 * peak
    outside <- inside + 9
    for (step in 1:14) {
      middle <- (inside + outside) / 2
      kept <- top - integrand(p, mu, tau, peak + side * middle)[, 1] < 38
      inside <- ifelse(kept, middle, inside)
      outside <- ifelse(kept, outside, middle)
    }
    outside
  }
  left <- peak - end(-1)
  right <- peak + end(1)
  u <- left + outer(right - left, seq(0, 1, length.out = nodes + 1))
  at <- terms_of(p, mu + tau * u)
  w <- exp(at$value - u^2 / 2 - log(2 * pi) / 2 - top)
  total <- rowSums(w)
  w <- w / total
  m <- function(a) rowSums(w * a)
  d_mu <- m(at$first)
  d_tau <- m(u * at$first)
  list(
    value = top + log(total * (right - left) / nodes),
    mu = d_mu, tau = d_tau,
    # Louis's identity: the information is that of the whole data less what is not seen of it.
    mu2 = m(at$second) + m(at$first^2) - d_mu^2,
    mutau = m(u * at$second) + m(u * at$first^2) - d_mu * d_tau,
    tau2 = m(u^2 * at$second) + m(u^2 * at$first^2) - d_tau^2,
    mean = m(u), square = m(u^2)
  )
}
height <- function(p, mu, tau) {
  # An optimiser may try a step to where no number is left.
  if (!is.finite(mu + tau) || abs(mu) > 60 || abs(tau) > 40) return(-1e300)
  value <- sum(marginal(p, mu, tau)$value)
  if (is.finite(value)) value else -1e300
}
