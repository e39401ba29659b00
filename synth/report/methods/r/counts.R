# ---- Mantel-Haenszel and Peto with metafor ------------------------------------------------------------------------
library(metafor)
fit_counts <- function(d) {
  to <- if (settings$zero_cells %in% c("only0", "if0all", "all")) settings$zero_cells else "none"
  d <- corrected(d)
  level <- 100 * settings$level
  if (settings$model == "peto") {
    return(rma.peto(ai = d$events_1, n1i = d$total_1, ci = d$events_2, n2i = d$total_2, level = level))
  }
  # The studies' own estimates, for Q, have 1/2 added to empty cells; the pool itself has what was asked for.
  add <- c(1 / 2, if (to == "none") 0 else 1 / 2)
  if (settings$data == "two_rates") {
    return(rma.mh(
      measure = settings$measure, x1i = d$events_1, t1i = d$time_1, x2i = d$events_2, t2i = d$time_2, add = add,
      to = c("only0", to), level = level
    ))
  }
  rma.mh(
    measure = settings$measure, ai = d$events_1, n1i = d$total_1, ci = d$events_2, n2i = d$total_2, add = add,
    to = c("only0", to), level = level
  )
}
back <- function(x) if (settings$measure %in% c("RD", "IRD")) x else exp(x)
pool_some <- function(rows, ci) {
  if (length(rows) < 2 || ci != "wald") return(NULL)
  fit <- fit_counts(dat[rows, , drop = FALSE])
  shown <- back(c(number(fit$beta), fit$ci.lb, fit$ci.ub))
  list(shown = shown, unit = abs(shown[3] - shown[2]) / 4, tau2 = NA, unit_tau2 = 1)
}
fit <- fit_counts(dat)
print(fit)
se <- number(fit$se)
check("pooled estimate", synth$estimate, fit$beta, se)
check("standard error", synth$se, se, se)
check("lower limit", synth$ci_low, fit$ci.lb, se)
check("upper limit", synth$ci_high, fit$ci.ub, se)
shown <- back(c(number(fit$beta), fit$ci.lb, fit$ci.ub))
unit <- (shown[3] - shown[2]) / 4
check("pooled value, reported", synth$shown, shown[1], unit)
check("lower limit, reported", synth$shown_low, shown[2], unit)
check("upper limit, reported", synth$shown_high, shown[3], unit)
check("test of no effect, p-value", synth$test_p, fit$pval)
check("Q", synth$q, fit$QE, max(number(fit$QE), 1))
check("Q, p-value", synth$q_p, fit$QEp)
