# ---- One study, or studies that are added up because no model can be fitted ---------------------------------------
added_up <- function(d) {
  if (settings$data == "proportions") {
    x <- sum(d$events)
    n <- sum(d$total)
    limits <- if (nrow(d) == 1) study_interval(x, n, settings$study_ci) else clopper_pearson(x, n)
    return(c(x / n, limits))
  }
  if (settings$data == "rates") return(c(sum(d$events) / sum(d$time), garwood(sum(d$events), sum(d$time))))
  c(NA, NA, NA)
}
pool_some <- function(rows, ci) {
  d <- dat[rows, , drop = FALSE]
  if (ci != "exact" || !(settings$data %in% c("proportions", "rates"))) return(NULL)
  list(shown = added_up(d), unit = 1, tau2 = NA, unit_tau2 = 1)
}
if (settings$data %in% c("proportions", "rates")) {
  shown <- added_up(dat)
  check("figure", synth$shown, shown[1])
  if (is.finite(shown[2])) check("lower limit", synth$shown_low, shown[2])
  if (is.finite(shown[3])) check("upper limit", synth$shown_high, shown[3])
} else if (nrow(dat) == 1 && !is.na(dat$synth_y[1]) && settings$ci == "wald") {
  z <- qnorm(1 - tail)
  cat("One study: its own estimate with the interval that its standard error gives.\n")
  log_scale <- settings$measure %in% c("OR", "RR", "PETO", "IRR", "MNLN", "ROM", "VR", "CVR")
  on <- function(x) if (log_scale) exp(x) else if (settings$measure == "ZCOR") tanh(x) else x
  if (!(settings$measure %in% c("AS", "IRSD"))) {
    check("figure", synth$shown, on(dat$synth_y[1]))
    check("lower limit", synth$shown_low, on(dat$synth_y[1] - z * dat$synth_se[1]))
    check("upper limit", synth$shown_high, on(dat$synth_y[1] + z * dat$synth_se[1]))
  }
}
