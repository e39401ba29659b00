# ---- Inverse variance with metafor --------------------------------------------------------------------------------
library(metafor)
# Written out, because metafor's own definitions of these three have changed from version to version.
two_means <- function(d) {
  v1 <- d$sd_1^2
  v2 <- d$sd_2^2
  if (settings$measure == "SMDH") {
    # Bonett (2009), with Hedges's exact factor.
    m <- d$n_1 + d$n_2 - 2
    factor <- exp(lgamma(m / 2) - log(sqrt(m / 2)) - lgamma((m - 1) / 2))
    y <- factor * (d$mean_1 - d$mean_2) / sqrt((v1 + v2) / 2)
    f1 <- d$n_1 - 1
    f2 <- d$n_2 - 1
    v <- y^2 * (v1^2 / f1 + v2^2 / f2) / (2 * (v1 + v2)^2) + (v1 / f1 + v2 / f2) / ((v1 + v2) / 2)
    return(data.frame(yi = y, vi = v))
  }
  # Lajeunesse (2015) for means, Nakagawa and others (2015) for standard deviations.
  r1 <- v1 / (d$n_1 * d$mean_1^2)
  r2 <- v2 / (d$n_2 * d$mean_2^2)
  means <- log(d$mean_1 / d$mean_2) + (r1 - r2) / 2
  if (settings$measure == "ROM") return(data.frame(yi = means, vi = r1 + r2))
  h1 <- 1 / (2 * (d$n_1 - 1))
  h2 <- 1 / (2 * (d$n_2 - 1))
  data.frame(yi = log(d$sd_1 / d$sd_2) + h1 - h2 - means, vi = h1 + h2 + r1 + r2)
}
estimates <- function(d) {
  to <- if (settings$zero_cells %in% c("only0", "if0all", "all")) settings$zero_cells else "none"
  d <- corrected(d)
  name <- unname(c(PLOGIT = "PLO", PRAW = "PR")[settings$measure])
  if (is.na(name)) name <- settings$measure
  words <- c(list(measure = name), switch(settings$data,
    proportions = list(xi = d$events, ni = d$total, add = 1 / 2, to = to),
    rates = list(xi = d$events, ti = d$time, add = 1 / 2, to = to),
    two_proportions = list(
      ai = d$events_1, n1i = d$total_1, ci = d$events_2, n2i = d$total_2, add = 1 / 2, to = to, drop00 = FALSE
    ),
    two_rates = list(
      x1i = d$events_1, t1i = d$time_1, x2i = d$events_2, t2i = d$time_2, add = 1 / 2, to = to, drop00 = FALSE
    ),
    means = list(mi = d$mean, sdi = d$sd, ni = d$n),
    two_means = list(
      m1i = d$mean_1, sd1i = d$sd_1, n1i = d$n_1, m2i = d$mean_2, sd2i = d$sd_2, n2i = d$n_2
    ),
    correlations = list(ri = d$r, ni = d$n)
  ))
  if (settings$data == "estimates") return(data.frame(yi = d$estimate, vi = d$se^2))
  if (settings$measure %in% c("SMDH", "ROM", "CVR")) return(two_means(d))
  made <- do.call(escalc, words)
  data.frame(yi = as.numeric(made$yi), vi = as.numeric(made$vi))
}
back <- function(x, d) {
  switch(settings$measure,
    PLOGIT = plogis(x),
    PLN = pmin(exp(x), 1),
    PAS = , PFT = , IRFT = , IRS = , PRAW = , IR = as.numeric(sized_back(x, d)),
    OR = , RR = , PETO = , IRR = , IRLN = , MNLN = , ROM = , VR = , CVR = exp(x),
    ZCOR = tanh(x),
    COR = , RD = pmin(pmax(x, -1), 1),
    AS = pmin(pmax(x, -pi / 2), pi / 2),
    x
  )
}
sized_back <- function(x, d) {
  switch(settings$measure,
    PAS = ifelse(x <= 0, 0, ifelse(x >= pi / 2, 1, sin(x)^2)),
    PFT = sapply(x, function(one) transf.ipft(one, 1 / mean(1 / d$total))),
    IRFT = sapply(x, function(one) transf.iirft(one, 1 / mean(1 / d$time))),
    IRS = pmax(x, 0)^2,
    PRAW = pmin(pmax(x, 0), 1),
    IR = pmax(x, 0),
    x
  )
}
fit_inverse <- function(e, ci) {
  test <- c(wald = "z", t = "t", hksj = "knha", "hksj-adhoc" = "adhoc", profile = "z")[[ci]]
  method <- if (settings$effects == "common") "EE" else settings$tau2_method
  # metafor stops at an absolute change of 1e-5 unless told otherwise: too coarse where variances are small.
  size <- max(min(e$vi), .Machine$double.eps)
  spread <- diff(range(e$yi))^2 + max(e$vi)
  one <- function(start) {
    # Rounding may keep it from the finest step, so that a coarser one is tried next.
    for (finest in c(1e-12, 1e-9, 1e-6)) {
      control <- list(threshold = finest * size, maxiter = 2000, tol = 1e-13 * size, tau2.max = 1000 * spread)
      if (method %in% c("ML", "REML")) control$tau2.init <- start
      found <- tryCatch(
        suppressWarnings(rma(e$yi, e$vi, method = method, test = test, level = 100 * settings$level, control = control)),
        error = function(problem) NULL
      )
      if (!is.null(found)) return(found)
    }
    NULL
  }
  # A likelihood may have two tops: begin low and high, and keep the higher.
  starts <- if (method %in% c("ML", "REML")) c(0.01 * median(e$vi), var(e$yi), spread) else var(e$yi)
  fits <- Filter(Negate(is.null), lapply(starts, one))
  if (length(fits) == 0) stop("metafor found no answer")
  if (method %in% c("ML", "REML")) {
    height <- function(t) {
      w <- 1 / (e$vi + t)
      mu <- sum(w * e$yi) / sum(w)
      ll <- -0.5 * (sum(log(e$vi + t)) + sum(w * (e$yi - mu)^2))
      if (method == "REML") ll - 0.5 * log(sum(w)) else ll
    }
    best <- fits[[which.max(sapply(fits, function(f) height(f$tau2)))]]
    # Fisher scoring creeps towards 0 and does not reach it.
    if (best$tau2 > 0 && best$tau2 < 1e-6 * size && height(0) >= height(best$tau2)) {
      best <- suppressWarnings(rma(
        e$yi, e$vi, method = method, test = test, level = 100 * settings$level, tau2 = 0
      ))
    }
    return(best)
  }
  fits[[1]]
}
# Profile likelihood: the height at a mean, with tau2 at its best for it (Hardy and Thompson 1996).
profile_height <- function(e, mu) {
  ll <- function(t) -0.5 * sum(log(e$vi + t) + (e$yi - mu)^2 / (e$vi + t))
  trials <- c(0, exp(seq(log(min(e$vi) / 1e4), log(max((e$yi - mu)^2) + max(e$vi)), length.out = 60)))
  heights <- sapply(trials, ll)
  i <- which.max(heights)
  ends <- trials[c(max(i - 1, 1), min(i + 1, length(trials)))]
  max(heights[i], optimize(ll, ends, maximum = TRUE, tol = 1e-12 * ends[2])$objective)
}
profile_limits <- function(e, mu) {
  top <- profile_height(e, mu)
  fallen <- function(m) 2 * (top - profile_height(e, m)) - qchisq(settings$level, 1)
  sapply(c(-1, 1), function(side) {
    step <- sqrt(max(e$vi)) + diff(range(e$yi))
    while (fallen(mu + side * step) < 0) step <- 2 * step
    uniroot(function(s) fallen(mu + side * s), c(0, step), tol = 1e-12 * step)$root * side + mu
  })
}
tau2_limits <- function(e) {
  size <- min(e$vi)
  top <- 1e6 * (diff(range(e$yi))^2 + max(e$vi))
  if (settings$tau2_ci == "profile") {
    height <- function(t) {
      w <- 1 / (e$vi + t)
      mu <- sum(w * e$yi) / sum(w)
      ll <- -0.5 * (sum(log(e$vi + t)) + sum(w * (e$yi - mu)^2))
      if (settings$tau2_method == "REML") ll - 0.5 * log(sum(w)) else ll
    }
    trials <- c(0, exp(seq(log(size / 1e4), log(top), length.out = 400)))
    heights <- sapply(trials, height)
    i <- which.max(heights)
    ends <- trials[c(max(i - 1, 1), min(i + 1, length(trials)))]
    best <- max(heights[i], optimize(height, ends, maximum = TRUE, tol = 1e-12 * ends[2])$objective)
    inside <- which(2 * (best - heights) < qchisq(settings$level, 1))
    fallen <- function(t) 2 * (best - height(t)) - qchisq(settings$level, 1)
    low <- if (min(inside) == 1) 0 else uniroot(fallen, trials[min(inside) - 1:0], tol = 1e-12 * size)$root
    high <- uniroot(fallen, trials[max(inside) + 0:1], tol = 1e-13 * trials[max(inside) + 1])$root
    return(c(low, high))
  }
  # Q-profile (Viechtbauer 2007): confint(fit) does the same, to its own tolerance.
  q <- function(t) {
    w <- 1 / (e$vi + t)
    sum(w * (e$yi - sum(w * e$yi) / sum(w))^2)
  }
  root <- function(target) {
    if (q(0) <= target) return(0)
    high <- max(e$vi)
    while (q(high) > target) high <- 2 * high
    uniroot(function(t) q(t) - target, c(0, high), tol = 1e-14 * high)$root
  }
  k <- nrow(e)
  c(root(qchisq(1 - tail, k - 1)), root(qchisq(tail, k - 1)))
}
limits_of <- function(e, fit, ci) {
  if (ci == "profile") return(profile_limits(e, number(fit$beta)))
  c(number(fit$ci.lb), number(fit$ci.ub))
}
pool_some <- function(rows, ci) {
  d <- dat[rows, , drop = FALSE]
  if (length(rows) == 1) {
    # One study is its own figure with its own interval.
    if (settings$data != "proportions") return(NULL)
    limits <- study_interval(d$events, d$total, settings$study_ci)
    return(list(shown = c(d$events / d$total, limits), unit = 1, tau2 = NA, unit_tau2 = 1))
  }
  e <- estimates(d)
  if (!(ci %in% c("wald", "t", "hksj", "hksj-adhoc", "profile"))) return(NULL)
  fit <- fit_inverse(e, ci)
  shown <- back(c(number(fit$beta), limits_of(e, fit, ci)), d)
  list(shown = shown, unit = abs(shown[3] - shown[2]) / 4, tau2 = fit$tau2, unit_tau2 = median(e$vi))
}
e <- estimates(dat)
for (i in seq_len(nrow(dat))) {
  name <- substr(dat$study[i], 1, 30)
  check(paste0(name, ": estimate"), dat$synth_y[i], e$yi[i], dat$synth_se[i])
  check(paste0(name, ": standard error"), dat$synth_se[i], sqrt(e$vi[i]), dat$synth_se[i])
}
fit <- fit_inverse(e, settings$ci)
print(fit)
k <- nrow(e)
se <- number(fit$se)
limits <- limits_of(e, fit, settings$ci)
check("pooled estimate", synth$estimate, fit$beta, se)
check("standard error", synth$se, se, se)
check("lower limit", synth$ci_low, limits[1], se)
check("upper limit", synth$ci_high, limits[2], se)
shown <- back(c(number(fit$beta), limits), dat)
unit <- (shown[3] - shown[2]) / 4
check("pooled value, reported", synth$shown, shown[1], unit)
check("lower limit, reported", synth$shown_low, shown[2], unit)
check("upper limit, reported", synth$shown_high, shown[3], unit)
weights_r <- 1 / (e$vi + fit$tau2)
weights_r <- weights_r / sum(weights_r)
for (i in seq_len(k)) check(paste0(substr(dat$study[i], 1, 30), ": weight"), dat$synth_weight[i], weights_r[i])
if (settings$effects != "common") {
  unit_tau2 <- max(fit$tau2, median(e$vi))
  check("tau2", synth$tau2, fit$tau2, unit_tau2)
  ends <- tau2_limits(e)
  check("tau2, lower limit", synth$tau2_low, ends[1], max(ends[1], median(e$vi)))
  check("tau2, upper limit", synth$tau2_high, ends[2], max(ends[2], median(e$vi)))
}
q <- number(fit$QE)
check("Q", synth$q, q, max(q, 1))
check("Q, p-value", synth$q_p, fit$QEp)
if (settings$i2_method == "q" || settings$effects == "common") {
  check("I2", synth$i2, max(0, 1 - (k - 1) / q))
  check("H2", synth$h2, q / (k - 1), q / (k - 1))
} else {
  s2 <- typical_variance(e$vi)
  check("I2", synth$i2, fit$tau2 / (fit$tau2 + s2))
  check("H2", synth$h2, 1 + fit$tau2 / s2, 1 + fit$tau2 / s2)
  check("I2, lower limit", synth$i2_low, ends[1] / (ends[1] + s2))
  check("I2, upper limit", synth$i2_high, ends[2] / (ends[2] + s2))
}
if (settings$ci != "profile") {
  check("test of no effect, statistic", synth$test, fit$zval, max(abs(number(fit$zval)), 1))
  check("test of no effect, p-value", synth$test_p, fit$pval)
}
pi_r <- predicted(number(fit$beta), se, fit$tau2, k)
check("prediction, lower limit", synth$pi_low, pi_r[1], se)
check("prediction, upper limit", synth$pi_high, pi_r[2], se)
