# Meta-regression of counts by metafor: writes regression_counts.json where it is run. Run: Rscript make_regression.R
# The studies are made up: n from 20 to 150, an effect of -0.4 + 0.5 z with a standard deviation of 0.4.
suppressMessages(library(metafor))
d <- list(
  events_1 = c(9, 1, 4, 17, 3, 4, 5, 0, 1, 7, 12, 3, 3, 23, 22),
  total_1 = c(120, 69, 112, 124, 45, 40, 37, 25, 61, 123, 119, 69, 83, 119, 140),
  events_2 = c(8, 25, 10, 11, 8, 30, 8, 13, 5, 14, 4, 8, 12, 6, 5),
  total_2 = c(56, 105, 97, 100, 124, 119, 71, 117, 27, 64, 48, 53, 137, 76, 29),
  cases_1 = c(5, 7, 2, 22, 0, 3, 7, 1, 1, 14, 26, 6, 5, 25, 52),
  time_1 = c(83.3, 118.9, 75.8, 158.0, 24.9, 53.0, 65.5, 15.7, 55.6, 202.6, 168.0, 66.9, 119.8, 140.7, 251.1),
  cases_2 = c(6, 38, 16, 19, 21, 41, 18, 25, 1, 27, 6, 4, 12, 6, 8),
  time_2 = c(52.6, 171.8, 141.0, 161.1, 132.4, 188.9, 109.9, 126.5, 14.6, 124.4, 75.4, 42.8, 218.7, 69.8, 34.9),
  z = c(-0.29, -2.08, 0.09, 0.15, -0.16, -0.42, -0.37, -0.98, -0.27, -0.55, 0.09, -1.2, 0.24, 0.14, -0.14))
calls <- list(
  OR = list(measure = "OR", ai = d$events_1, n1i = d$total_1, ci = d$events_2, n2i = d$total_2),
  IRR = list(measure = "IRR", x1i = d$cases_1, t1i = d$time_1, x2i = d$cases_2, t2i = d$time_2),
  IRLN = list(measure = "IRLN", xi = d$cases_1, ti = d$time_1))
models <- list(OR = c("UM.RS", "UM.FS", "CM.AL"), IRR = c("UM.RS", "UM.FS", "CM.EL"), IRLN = NA)
numbers <- function(x) paste0("[", paste(sprintf("%.12g", x), collapse = ", "), "]")
rows <- c()
for (m in names(calls)) for (model in models[[m]]) {
  more <- if (is.na(model)) list(nAGQ = 21) else if (model == "UM.RS") list(model = model) else
    list(model = model, nAGQ = 21)
  f <- suppressWarnings(do.call(rma.glmm, c(calls[[m]], list(mods = ~ d$z), more)))
  rows <- c(rows, sprintf(
    '    {"measure": "%s", "model": "%s", "beta": %s, "se": %s, "tau2": %.12g, "qe": %.12g, "qm": %.12g}',
    m, if (is.na(model)) "" else model, numbers(c(f$beta)), numbers(f$se), f$tau2, f$QE.LRT, f$QM))
}
data <- paste(sprintf('    "%s": %s', names(d), sapply(d, numbers)), collapse = ",\n")
cat(sprintf('{\n  "R": "%s", "metafor": "%s", "lme4": "%s",\n  "data": {\n%s\n  },\n  "fits": [\n%s\n  ]\n}\n',
  paste(R.version$major, R.version$minor, sep = "."), packageVersion("metafor"), packageVersion("lme4"), data,
  paste(rows, collapse = ",\n")), file = "regression_counts.json")
