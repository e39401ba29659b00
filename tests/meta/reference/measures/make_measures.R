# Makes the figures in this folder again: Rscript make_measures.R [folder]
#
# Needs R with metafor, metadat and jsonlite; the versions that made the files are named in each of them. Nothing here
# is iterated: escalc, rma.mh and rma.peto are closed forms.

suppressPackageStartupMessages({library(metafor); library(metadat); library(jsonlite)})

folder <- if (length(commandArgs(TRUE))) commandArgs(TRUE)[1] else "."
version <- function(p) as.character(packageVersion(p))

write_file <- function(name, set) {
  set$versions <- list(R = R.version.string, metafor = version("metafor"), metadat = version("metadat"))
  set$make_again_with <- "make_measures.R"
  path <- file.path(folder, paste0(name, ".json"))
  # the papers are named in the files, and stay so
  if (is.null(set$citation) && file.exists(path)) set$citation <- fromJSON(path)$citation
  writeLines(toJSON(set, auto_unbox = TRUE, digits = NA, na = "null", pretty = 1), path)
}

# yi and vi; the ratios leave out studies without events (or with nothing but events) in both arms
estimates <- function(measures, args, ...) {
  sapply(measures, function(m) {
    drop <- m %in% c("OR", "RR", "PETO")
    more <- if (!is.null(args$ai)) list(drop00 = drop) else NULL
    e <- do.call(escalc, c(list(measure = m), args, more, list(...)))
    list(yi = as.numeric(e$yi), vi = as.numeric(e$vi))
  }, simplify = FALSE)
}

pooled <- function(res, measure) {
  out <- list(estimate = as.numeric(res$beta), se = res$se, ci_lb = res$ci.lb, ci_ub = res$ci.ub,
              stat = res$zval, pval = res$pval, Q = res$QE, Q_p = res$QEp, I2 = res$I2, H2 = res$H2, k = res$k)
  if (measure == "OR") {
    out <- c(out, list(CMH = res$MH, CMH_p = res$MHp, BD = res$BD, BD_p = res$BDp, TA = res$TA, TA_p = res$TAp,
                       k_pos = res$k.pos))
  }
  if (measure == "IRR") out$MH <- res$MH
  out
}

two_arms <- function(name, title, data_set, a, n1, c, n2) {
  args <- list(ai = a, n1i = n1, ci = c, n2i = n2)
  mh <- function(m) pooled(suppressWarnings(do.call(rma.mh, c(list(measure = m), args))), m)
  write_file(name, list(title = title, data_set = data_set, level = 0.95, kind = "binary2",
    data = list(event_t = a, n_t = n1, event_c = c, n_c = n2),
    measures = estimates(c("OR", "RR", "RD", "AS", "PETO"), args),
    mh = sapply(c("OR", "RR", "RD"), mh, simplify = FALSE),
    peto = pooled(suppressWarnings(do.call(rma.peto, args)), "PETO")))
}

d <- dat.bcg
two_arms("bcg_two_arms", "BCG vaccine: two arms", "metadat::dat.bcg", d$tpos, d$tpos + d$tneg, d$cpos, d$cpos + d$cneg)
d <- dat.nielweise2007
two_arms("nielweise_two_arms", "Central venous catheters: two arms, many zero cells", "metadat::dat.nielweise2007",
         d$ai, d$n1i, d$ci, d$n2i)

d <- dat.nielweise2008
args <- list(x1i = d$x1i, t1i = d$t1i, x2i = d$x2i, t2i = d$t2i)
mh <- function(m) pooled(suppressWarnings(do.call(rma.mh, c(list(measure = m), args))), m)
write_file("nielweise_rates", list(title = "Central venous catheters: two rates",
  data_set = "metadat::dat.nielweise2008", level = 0.95, kind = "rate2",
  data = list(event_t = d$x1i, time_t = d$t1i, event_c = d$x2i, time_c = d$t2i),
  measures = estimates(c("IRR", "IRD", "IRSD"), args), mh = sapply(c("IRR", "IRD"), mh, simplify = FALSE)))
write_file("nielweise_control_rates", list(title = "Central venous catheters: rates of the control arms",
  data_set = "metadat::dat.nielweise2008", level = 0.95, kind = "rate1", data = list(events = d$x2i, time = d$t2i),
  measures = estimates(c("IR", "IRLN", "IRS", "IRFT"), list(xi = d$x2i, ti = d$t2i))))

d <- dat.normand1999
args <- list(m1i = d$m1i, sd1i = d$sd1i, n1i = d$n1i, m2i = d$m2i, sd2i = d$sd2i, n2i = d$n2i)
write_file("normand_means", list(title = "Length of stay: two means", data_set = "metadat::dat.normand1999",
  level = 0.95, kind = "cont2",
  data = list(n_t = d$n1i, mean_t = d$m1i, sd_t = d$sd1i, n_c = d$n2i, mean_c = d$m2i, sd_c = d$sd2i),
  measures = estimates(c("MD", "SMD", "SMDH", "SMD1", "ROM", "VR", "CVR"), args)))

d <- dat.molloy2014
write_file("molloy_correlations", list(title = "Conscientiousness and adherence: correlations",
  data_set = "metadat::dat.molloy2014", level = 0.95, kind = "cor", data = list(r = d$ri, n = d$ni),
  measures = estimates(c("COR", "ZCOR"), list(ri = d$ri, ni = d$ni))))

# zero cells under each policy, and quantiles to mean and SD
tables <- list(a = c(0, 3, 0, 10, 5, 1, 20), n1 = c(20, 20, 20, 10, 100, 5, 40),
               c = c(0, 0, 4, 7, 5, 2, 15), n2 = c(20, 20, 20, 10, 100, 6, 40))
policy <- function(m, to) {
  e <- escalc(measure = m, ai = tables$a, n1i = tables$n1, ci = tables$c, n2i = tables$n2, to = to, add = 1/2)
  list(yi = as.numeric(e$yi), vi = as.numeric(e$vi))
}
policies <- c("only0", "all", "if0all", "none")
zero_cells <- sapply(c("OR", "RR", "RD", "AS", "PETO"), function(m) {
  sapply(policies, function(to) policy(m, to), simplify = FALSE)
}, simplify = FALSE)
five <- list(c(2, NA, 7, NA, 15, 20), c(1, NA, 4, NA, 18, 45), c(NA, 5, 9, 13, NA, 33), c(NA, 12, 15, 21, NA, 120),
             c(0.5, 2, 3.1, 4.4, 9, 60), c(10, NA, 25, NA, 60, 15), c(NA, 18, 22, 31, NA, 8),
             c(3, NA, 8, NA, 16, 300), c(1, NA, 2, NA, 30, 75), c(-5, -2, 0.5, 2, 7, 50))
quantiles <- list()
# conv.fivenum came with metafor 4.0: an older one leaves the quantiles that are in the file as they are, and says so
if (!exists("conv.fivenum")) {
  path <- file.path(folder, "conversions.json")
  message("metafor ", version("metafor"), " has no conv.fivenum: the quantiles are not made again")
  if (file.exists(path)) quantiles <- fromJSON(path)$quantiles  # a data frame, written row by row
  five <- list()
}
for (x in five) for (dist in c("norm", "lnorm")) {
  if (dist == "lnorm" && any(x < 0, na.rm = TRUE)) next
  got <- conv.fivenum(min = x[1], q1 = x[2], median = x[3], q3 = x[4], max = x[5], n = x[6], dist = dist)
  quantiles <- c(quantiles, list(list(min = x[1], q1 = x[2], median = x[3], q3 = x[4], max = x[5], n = x[6],
                                      dist = dist, mean = got$mean, sd = got$sd)))
}
write_file("conversions", list(title = "Zero cells and quantiles, made up", citation = "none: small made-up figures",
  data_set = "in the script", kind = "conversions", tables = tables, zero_cells = zero_cells, quantiles = quantiles))
