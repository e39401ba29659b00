# ---- The highest likelihood, and what follows from it --------------------------------------------------------------
# The best mean for a given tau: Newton, halving a step that does not climb.
best_mu <- function(p, tau, mu) {
  at <- marginal(p, mu, tau)
  for (step in 1:200) {
    slope <- sum(at$mu)
    bend <- sum(at$mu2)
    move <- if (bend < 0) -slope / bend else sign(slope)
    move <- max(min(move, 2), -2)
    new <- marginal(p, mu + move, tau)
    while (sum(new$value) < sum(at$value) - 1e-12 * abs(sum(at$value)) && abs(move) > 1e-13) {
      move <- move / 2
      new <- marginal(p, mu + move, tau)
    }
    mu <- mu + move
    at <- new
    if (abs(move) < 1e-11) break
  }
  list(mu = mu, height = sum(at$value))
}
maximise <- function(p) {
  pooled <- sum(p$x) / sum(p$n)
  first <- if (kind == "poisson") log(pooled) else if (kind == "binomial") qlogis(pooled) else 0
  common <- best_mu(p, 0, first)
  if (settings$effects == "common") return(list(mu = common$mu, tau = 0, height = common$height, common = common))
  best <- list(mu = common$mu, tau = 0, height = common$height)
  for (start in c(0.3, 1, 3)) {
    found <- optim(
      c(common$mu, start), function(x) -height(p, x[1], x[2]),
      function(x) {
        if (height(p, x[1], x[2]) <= -1e300) return(c(0, 0))
        at <- marginal(p, x[1], x[2])
        -c(sum(at$mu), sum(at$tau) * (if (x[2] < 0) -1 else 1))
      },
      method = "BFGS", control = list(reltol = 1e-14, maxit = 500)
    )
    x <- c(found$par[1], abs(found$par[2]))
    for (step in 1:30) {
      at <- marginal(p, x[1], x[2])
      bend <- matrix(c(sum(at$mu2), sum(at$mutau), sum(at$mutau), sum(at$tau2)), 2)
      move <- tryCatch(solve(bend, c(sum(at$mu), sum(at$tau))), error = function(problem) c(0, 0))
      if (any(!is.finite(move)) || max(abs(move)) > 0.5 || x[2] - move[2] <= 0) break
      x <- x - move
      if (max(abs(move)) < 1e-13) break
    }
    value <- height(p, x[1], x[2])
    # Where the likelihood falls from 0 on, an inner top has to be higher by more than rounding.
    if (value > best$height + 1e-9 && x[2] > 1e-4) best <- list(mu = x[1], tau = x[2], height = value)
  }
  c(best, list(common = common))
}
standard_error <- function(p, fit) {
  at <- marginal(p, fit$mu, fit$tau)
  if (fit$tau == 0) return(sqrt(-1 / sum(at$mu2)))
  bend <- matrix(c(sum(at$mu2), sum(at$mutau), sum(at$mutau), sum(at$tau2)), 2)
  sqrt(solve(-bend)[1, 1])
}
# The highest likelihood for a given mean.
best_tau <- function(p, mu, near) {
  if (settings$effects == "common") return(height(p, mu, 0))
  trials <- sort(unique(c(0, near * c(0.5, 1, 2), 0.1, 0.3, 0.7, 1.5, 3, 6, 12)))
  heights <- sapply(trials, function(t) height(p, mu, t))
  i <- which.max(heights)
  ends <- trials[c(max(i - 1, 1), min(i + 1, length(trials)))]
  if (i == length(trials)) ends[2] <- 4 * ends[2]
  max(heights[i], optimize(function(t) height(p, mu, t), ends, maximum = TRUE, tol = 1e-8)$objective)
}
root_outwards <- function(f, from, step, most = 60) {
  low <- from
  for (i in seq_len(most)) {
    high <- low + step
    value <- f(high)
    if (is.finite(value) && value > 0) return(uniroot(f, sort(c(low, high)), tol = 1e-10)$root)
    low <- high
    step <- 1.5 * step
  }
  NA
}
profile_mu <- function(p, fit, se) {
  fallen <- function(mu) 2 * (fit$height - best_tau(p, mu, max(fit$tau, 0.05))) - qchisq(settings$level, 1)
  sapply(c(-1, 1), function(side) root_outwards(fallen, fit$mu, side * 1.5 * se))
}
profile_tau <- function(p, fit) {
  fallen <- function(tau) 2 * (fit$height - best_mu(p, tau, fit$mu)$height) - qchisq(settings$level, 1)
  low <- if (fit$tau == 0 || fallen(0) <= 0) 0 else uniroot(fallen, c(0, fit$tau), tol = 1e-11)$root
  c(low, root_outwards(fallen, fit$tau, 0.5 + fit$tau / 2))^2
}
limits_of <- function(p, fit, se, ci) {
  if (ci == "profile") return(profile_mu(p, fit, se))
  fit$mu + c(-1, 1) * quantile_of(ci, length(p$x)) * se
}
back <- if (settings$measure == "PLOGIT") plogis else exp
own_variance <- function(d) {
  if (settings$data == "rates") return(1 / ifelse(d$events == 0, 0.5, d$events))
  if (settings$data == "two_rates") {
    add <- ifelse(d$events_1 == 0 | d$events_2 == 0, 0.5, 0)
    return(1 / (d$events_1 + add) + 1 / (d$events_2 + add))
  }
  if (settings$data == "proportions") {
    add <- ifelse(d$events == 0 | d$events == d$total, 0.5, 0)
    return(1 / (d$events + add) + 1 / (d$total - d$events + add))
  }
  rest_1 <- d$total_1 - d$events_1
  rest_2 <- d$total_2 - d$events_2
  add <- ifelse(d$events_1 == 0 | d$events_2 == 0 | rest_1 == 0 | rest_2 == 0, 0.5, 0)
  1 / (d$events_1 + add) + 1 / (rest_1 + add) + 1 / (d$events_2 + add) + 1 / (rest_2 + add)
}
saturated <- function(p) {
  sum(sapply(seq_along(p$x), function(i) {
    if (kind == "poisson") return(dpois(p$x[i], p$x[i], log = TRUE))
    if (kind != "hypergeometric") return(dbinom(p$x[i], p$n[i], p$x[i] / p$n[i], log = TRUE))
    t <- p$tables[[i]]
    if (p$x[i] %in% range(t$s)) return(0)
    one <- list(x = p$x[i], n = p$n[i], offset = 0, tables = p$tables[i])
    best_mu(one, 0, 0)$height
  }))
}
# Studies of which the first model of a document says nothing stand in no subset either; an edge has an exact interval.
pool_some <- function(rows, ci) {
  d <- dat[rows, , drop = FALSE]
  if (ci == "exact") {
    if (settings$data == "proportions") {
      x <- sum(d$events)
      n <- sum(d$total)
      limits <- if (nrow(d) == 1) study_interval(x, n, settings$study_ci) else clopper_pearson(x, n)
      return(list(shown = c(x / n, limits), unit = 1, tau2 = NA, unit_tau2 = 1))
    }
    if (settings$data == "rates") {
      shown <- c(sum(d$events) / sum(d$time), garwood(sum(d$events), sum(d$time)))
      return(list(shown = shown, unit = max(shown), tau2 = NA, unit_tau2 = 1))
    }
    return(NULL)
  }
  if (length(rows) < 2 || !(ci %in% c("t", "wald", "profile"))) return(NULL)
  if (nrow(dat) > 30 && !thorough) return(NULL)
  p <- pieces(d)
  fit <- maximise(p)
  se <- standard_error(p, fit)
  # A profile interval of every subset takes minutes; see "thorough" above.
  limits <- if (ci == "profile" && !thorough) c(NA, NA) else limits_of(p, fit, se, ci)
  shown <- back(c(fit$mu, limits))
  list(shown = shown, unit = abs(back(fit$mu + se) - shown[1]), tau2 = fit$tau^2, unit_tau2 = 0.01)
}
p <- pieces(dat)
k <- nrow(dat)
fit <- maximise(p)
se <- standard_error(p, fit)
cat(sprintf("mu = %.10g, se = %.10g, tau2 = %.10g, log-likelihood = %.10g\n\n", fit$mu, se, fit$tau^2, fit$height))
if (settings$ci == "exact") {
  limits <- qlogis(clopper_pearson(sum(dat$events), sum(dat$total)))
} else {
  limits <- limits_of(p, fit, se, settings$ci)
}
check("pooled estimate", synth$estimate, fit$mu, se)
check("standard error", synth$se, se, se)
check("lower limit", synth$ci_low, limits[1], se)
check("upper limit", synth$ci_high, limits[2], se)
shown <- back(c(fit$mu, limits))
unit <- (shown[3] - shown[2]) / 4
check("pooled value, reported", synth$shown, shown[1], unit)
check("lower limit, reported", synth$shown_low, shown[2], unit)
check("upper limit, reported", synth$shown_high, shown[3], unit)
check("log-likelihood", synth$loglik, fit$height)
if (settings$effects != "common") {
  check("tau2", synth$tau2, fit$tau^2, max(fit$tau^2, 0.01), 1e-5)
  if (!is.na(synth$tau2_low) || !is.na(synth$tau2_high)) {
    ends <- profile_tau(p, fit)
    check("tau2, lower limit", synth$tau2_low, ends[1], max(fit$tau^2, 0.01), 1e-5)
    check("tau2, upper limit", synth$tau2_high, ends[2], max(ends[2], 0.01), 1e-5)
    s2 <- typical_variance(own_variance(dat))
    check("I2, lower limit", synth$i2_low, ends[1] / (ends[1] + s2), 1, 1e-5)
    check("I2, upper limit", synth$i2_high, ends[2] / (ends[2] + s2), 1, 1e-5)
  }
  ratio <- max(0, 2 * (fit$height - fit$common$height))
  check("test of tau2 = 0, likelihood ratio", synth$tau2_test, ratio)
  check("test of tau2 = 0, p-value", synth$tau2_test_p, if (fit$tau == 0) 1 else pchisq(ratio, 1, lower.tail = FALSE) / 2)
  if (settings$i2_method != "q") {
    s2 <- typical_variance(own_variance(dat))
    check("I2", synth$i2, fit$tau^2 / (fit$tau^2 + s2), 1, 1e-5)
    check("H2", synth$h2, 1 + fit$tau^2 / s2, 1 + fit$tau^2 / s2, 1e-5)
  }
  at <- marginal(p, fit$mu, fit$tau)
  shares <- at$mu2 / sum(at$mu2)
  for (i in seq_len(k)) {
    name <- substr(dat$study[i], 1, 30)
    check(paste0(name, ": weight"), dat$synth_weight[i], shares[i])
    check(paste0(name, ": shrunken"), dat$synth_shrunken[i], back(fit$mu + fit$tau * at$mean[i]), 1, 1e-5)
  }
  if (settings$measure == "PLOGIT") {
    average <- integrate(function(u) plogis(fit$mu + fit$tau * u) * dnorm(u), -Inf, Inf, rel.tol = 1e-10)$value
    check("mean over the distribution of studies", synth$average, average)
  }
}
q <- 2 * (saturated(p) - fit$common$height)
check("Q (likelihood ratio)", synth$q, q, max(q, 1))
check("Q, p-value", synth$q_p, pchisq(q, k - 1, lower.tail = FALSE))
if (settings$ci != "profile") {
  statistic <- fit$mu / se
  check("test of no effect, statistic", synth$test, statistic, max(abs(statistic), 1))
} else if (!is.na(synth$test)) {
  check("test of no effect, statistic", synth$test, 2 * (fit$height - best_tau(p, 0, max(fit$tau, 0.05))), 1, 1e-5)
}
pi_r <- predicted(fit$mu, se, fit$tau^2, k)
check("prediction, lower limit", synth$pi_low, pi_r[1], se)
check("prediction, upper limit", synth$pi_high, pi_r[2], se)
if (requireNamespace("metafor", quietly = TRUE) && requireNamespace("lme4", quietly = TRUE)) {
  method <- if (settings$effects == "common") "EE" else "ML"
  words <- switch(settings$data,
    proportions = list(measure = "PLO", xi = dat$events, ni = dat$total, nAGQ = 25),
    rates = list(measure = "IRLN", xi = dat$events, ti = dat$time, nAGQ = 25),
    NULL
  )
  if (!is.null(words)) {
    beside <- tryCatch(
      suppressWarnings(suppressMessages(do.call(metafor::rma.glmm, c(words, method = method)))),
      error = function(problem) NULL
    )
    if (is.null(beside)) {
      cat("metafor::rma.glmm gives no answer on these studies.\n\n")
    } else {
      cat(sprintf(
        "metafor::rma.glmm, for comparison: mu = %.6g, se = %.6g, tau2 = %.6g\n\n",
        number(beside$beta), number(beside$se), beside$tau2
      ))
    }
  }
}
