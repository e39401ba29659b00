# ---- Each study's own figure --------------------------------------------------------------------------------------
check_studies <- function() {
  if (is.null(dat$events) || is.null(dat$total)) return(invisible(NULL))
  for (i in seq_len(nrow(dat))) {
    name <- substr(dat$study[i], 1, 30)
    limits <- study_interval(dat$events[i], dat$total[i], settings$study_ci)
    check(paste0(name, ": proportion"), dat$synth_estimate[i], dat$events[i] / dat$total[i])
    if (!anyNA(limits)) {
      check(paste0(name, ": lower limit"), dat$synth_ci_low[i], limits[1])
      check(paste0(name, ": upper limit"), dat$synth_ci_high[i], limits[2])
    }
  }
  if (!is.na(synth$crude)) check("crude proportion", synth$crude, sum(dat$events) / sum(dat$total))
}
# ---- The same pool of some of the studies: without one, of a group, one after the other ---------------------------
check_sets <- function() {
  for (set in sets) {
    rows <- seq_len(nrow(dat))[set$rows]
    if (length(rows) < 1) next
    again <- pool_some(rows, set$ci)
    if (is.null(again)) next
    unit <- if (is.finite(number(again$unit))) again$unit else 1
    check(paste0(set$name, ": estimate"), set$estimate, again$shown[1], unit)
    if (!anyNA(again$shown[2:3])) {
      check(paste0(set$name, ": lower limit"), set$ci_low, again$shown[2], unit)
      check(paste0(set$name, ": upper limit"), set$ci_high, again$shown[3], unit)
    }
    check(paste0(set$name, ": tau2"), set$tau2, again$tau2, max(number(set$tau2), again$unit_tau2, na.rm = TRUE), 1e-5)
  }
}
