# ---- How numbers are compared -------------------------------------------------------------------------------------
# Each check holds synth's number against R's. "unit" is what a difference is measured in: a standard error for
# estimates and limits, 1 for p-values and shares. NA on synth's side means that synth gives no such number.
checks <- list()
check <- function(what, synth, r, unit = 1, tolerance = 1e-6) {
  if (is.null(synth) || length(synth) != 1 || is.na(synth)) return(invisible(NULL))
  r <- if (length(r) == 1) as.numeric(r) else NA_real_
  if (!is.finite(unit) || unit <= 0) unit <- 1
  difference <- if (is.finite(r)) abs(r - synth) / unit else Inf
  checks[[length(checks) + 1]] <<- data.frame(
    what = what, synth = synth, R = r, difference = difference, tolerance = tolerance, agrees = difference <= tolerance
  )
  invisible(NULL)
}
report <- function() {
  if (length(checks) == 0) {
    cat("Nothing was compared.\n")
    return(invisible(TRUE))
  }
  all <- do.call(rbind, checks)
  cat(sprintf("%-58s %22s %22s %11s\n", "what", "synth", "R", "difference"))
  for (i in seq_len(nrow(all))) {
    cat(sprintf(
      "%-58s %22.15g %22.15g %11.2g%s\n",
      substr(enc2native(all$what[i]), 1, 58), all$synth[i], all$R[i], all$difference[i],
      if (all$agrees[i]) "" else "  <- DIFFERS"
    ))
  }
  differ <- sum(!all$agrees)
  if (differ == 0) {
    cat(sprintf("\nAll %d numbers agree; the largest difference is %.2g.\n", nrow(all), max(all$difference)))
  } else {
    cat(sprintf("\n%d of %d numbers differ by more than they may.\n", differ, nrow(all)))
  }
  invisible(differ == 0)
}
number <- function(x) if (is.null(x) || length(x) == 0) NA_real_ else as.numeric(x)[1]
tail <- (1 - settings$level) / 2
# Quantile of the interval of a pooled value: normal, or t with k - 1 degrees of freedom.
quantile_of <- function(ci, k) if (ci == "wald") qnorm(1 - tail) else qt(1 - tail, k - 1)
predicted <- function(mu, se, tau2, k) {
  q <- switch(settings$prediction, t = qt(1 - tail, k - 1), hts = qt(1 - tail, k - 2), normal = qnorm(1 - tail), NA)
  mu + c(-1, 1) * q * sqrt(tau2 + se^2)
}
typical_variance <- function(v) (length(v) - 1) * sum(1 / v) / (sum(1 / v)^2 - sum(1 / v^2))
# The exact intervals of one study, or of studies that are added up.
clopper_pearson <- function(x, n) {
  c(if (x == 0) 0 else qbeta(tail, x, n - x + 1), if (x == n) 1 else qbeta(1 - tail, x + 1, n - x))
}
garwood <- function(x, time) c(if (x == 0) 0 else qgamma(tail, x), qgamma(1 - tail, x + 1)) / time
study_interval <- function(x, n, how) {
  z <- qnorm(1 - tail)
  p <- x / n
  limits <- switch(how,
    "clopper-pearson" = clopper_pearson(x, n),
    "jeffreys" = qbeta(c(tail, 1 - tail), x + 0.5, n - x + 0.5),
    "wilson" = (x + z^2 / 2 + c(-1, 1) * z * sqrt(x * (n - x) / n + z^2 / 4)) / (n + z^2),
    "agresti-coull" = {
      middle <- (x + z^2 / 2) / (n + z^2)
      middle + c(-1, 1) * z * sqrt(middle * (1 - middle) / (n + z^2))
    },
    "wald" = p + c(-1, 1) * z * sqrt(p * (1 - p) / n),
    c(NA, NA)
  )
  if (anyNA(limits)) return(limits)
  limits <- pmin(pmax(limits, 0), 1)
  if (x == 0) limits[1] <- 0
  if (x == n) limits[2] <- 1
  limits
}
corrected <- function(d) {
  if (settings$zero_cells != "treatment-arm") return(d)
  # Each arm gets its share of one patient, where a cell is empty (Sweeting and others 2004); metafor has no word for it.
  size <- if (is.null(d$total_1)) cbind(d$time_1, d$time_2) else cbind(d$total_1, d$total_2)
  empty <- d$events_1 == 0 | d$events_2 == 0
  if (!is.null(d$total_1)) empty <- empty | d$events_1 == d$total_1 | d$events_2 == d$total_2
  add_1 <- ifelse(empty, size[, 1] / rowSums(size), 0)
  add_2 <- ifelse(empty, size[, 2] / rowSums(size), 0)
  d$events_1 <- d$events_1 + add_1
  d$events_2 <- d$events_2 + add_2
  if (!is.null(d$total_1)) {
    d$total_1 <- d$total_1 + 2 * add_1
    d$total_2 <- d$total_2 + 2 * add_2
  }
  d
}
