# Makes the figures in this folder again: Rscript make_reference.R [folder]
#
# Needs R with metafor, metadat and jsonlite; the versions that made the files are named in each of them. Every
# iteration is run with thresholds relative to the data (1e-13 of the median variance), because metafor's own, 1e-5, is
# absolute and far too loose for rare events.

suppressPackageStartupMessages({library(metafor); library(metadat); library(jsonlite)})

folder <- if (length(commandArgs(TRUE))) commandArgs(TRUE)[1] else "."
level <- 95
methods <- c("EE", "DL", "REML", "ML", "PM", "EB", "SJ", "HS", "HE")

pft <- function(ni) list(f = transf.ipft.hm, a = list(ni = ni))
plain <- function(f) list(f = f, a = NULL)

one_fit <- function(yi, vi, method, back) {
  small <- median(vi)
  large <- 100 * max(vi, (diff(range(yi)))^2, small)
  control <- list(threshold = 1e-13 * small, tol = 1e-13 * small, maxiter = 1e5, tau2.max = large)
  fit <- function(test, predtype = NULL) rma(yi, vi, method = method, test = test, level = level, control = control)
  out <- NULL
  tests <- list()
  for (test in if (method == "EE") "z" else c("z", "knha", "t")) {
    res <- fit(test)
    pred <- predict(res)
    tests[[test]] <- list(estimate = res$beta[1], se = res$se, ci_lb = res$ci.lb, ci_ub = res$ci.ub, pval = res$pval)
    if (method != "EE") tests[[test]][c("pi_lb", "pi_ub")] <- list(pred$pi.lb, pred$pi.ub)
    if (test == "z") {
      out <- list(tau2 = res$tau2, se_tau2 = if (method == "EE") NA else res$se.tau2, I2 = res$I2, H2 = res$H2,
                  Q = res$QE, Q_p = res$QEp, logLik_ml = as.numeric(logLik(res, REML = FALSE)),
                  logLik_reml = as.numeric(logLik(res, REML = TRUE)))
      tight <- list(tol = 1e-14 * small, tau2.max = 1e4 * large)
      if (method != "EE") {
        qp <- confint(res, type = "QP", control = tight)$random["tau^2", ]
        out$ci_qp <- unname(c(qp["ci.lb"], qp["ci.ub"]))
      }
      if (method %in% c("ML", "REML")) {
        pl <- confint(res, type = "PL", control = tight)$random["tau^2", ]
        out$ci_pl <- unname(c(pl["ci.lb"], pl["ci.ub"]))
      }
      if (!is.null(back)) {
        there <- do.call(predict, c(list(res, transf = back$f), if (!is.null(back$a)) list(targs = back$a)))
        out$proportion <- c(there$pred, there$ci.lb, there$ci.ub)
      }
    }
  }
  out$tests <- tests
  out
}

write_set <- function(name, title, citation, data_set, kind, measure, dat, events = NULL, total = NULL, back = NULL) {
  fits <- lapply(setNames(methods, methods), function(m) one_fit(dat$yi, dat$vi, m, back))
  version <- function(p) as.character(packageVersion(p))
  set <- list(title = title, citation = citation, data_set = data_set, make_again_with = "make_reference.R",
              versions = list(R = R.version.string, metafor = version("metafor"), metadat = version("metadat")),
              level = level / 100, kind = kind, measure = measure)
  if (!is.null(events)) set[c("events", "total")] <- list(events, total)
  set <- c(set, list(yi = as.numeric(dat$yi), vi = as.numeric(dat$vi), fits = fits))
  writeLines(toJSON(set, auto_unbox = TRUE, digits = NA, na = "null", pretty = 1),
             file.path(folder, paste0(name, ".json")))
}

proportion <- function(name, title, citation, data_set, measure, xi, ni, back) {
  # the double arcsine needs nothing added; metafor before 4.0 adds what it is told to
  add <- if (measure == "PFT") 0 else 1/2
  dat <- escalc(measure = measure, xi = xi, ni = ni, add = add, to = "only0")
  write_set(name, title, citation, data_set, "proportion", measure, dat, xi, ni, back)
}

zhou <- paste("Zhou, X.-H., Brizendine, E. J., & Pritz, M. B. (1999). Methods for combining rates from several studies.",
              "Statistics in Medicine, 18(5), 557--566.")
pritz <- dat.pritz1997
proportion("pritz_plogit", "Hyperdynamic therapy: improved of treated, logit", zhou, "metadat::dat.pritz1997", "PLO",
           pritz$xi, pritz$ni, plain(transf.ilogit))
proportion("pritz_pft", "Hyperdynamic therapy: improved of treated, double arcsine", zhou, "metadat::dat.pritz1997",
           "PFT", pritz$xi, pritz$ni, pft(pritz$ni))

# written out, because metadat has it only since 1.3
crisafulli <- list(
  cases = c(47, 66, 19, 2, 99, 105, 73, 110, 12, 156, 48, 76, 50, 5, 16, 20, 397, 9, 29, 5, 21, 11, 51, 40, 6,
    72),
  total = c(177413, 234396, 91157, 10000, 532302, 371698, 301283, 420374, 71091, 721163, 176600, 292637,
    261254, 18000, 72963, 77654, 1673791, 34219, 210324, 30014, 111703, 62188, 281214, 190521, 37649, 369780))
proportion("crisafulli_raw", "Duchenne dystrophy at birth: rates of 1 in 5000, raw",
           "Crisafulli, S., et al. (2020). Orphanet Journal of Rare Diseases, 15, 141.",
           "metadat::dat.crisafulli2020", "PR", crisafulli$cases, crisafulli$total, plain(identity))

proportion("imbalance_raw", "Five small studies and one of a million, raw proportion", "made up, no real data", "made up",
           "PR", c(3, 5, 2, 4, 6, 1200), c(20, 25, 18, 30, 28, 1e6), plain(identity))

bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
write_set("bcg_log_rr", "BCG vaccine trials, log risk ratio",
          "Colditz, G. A., et al. (1994). Journal of the American Medical Association, 271(9), 698--702.",
          "metadat::dat.bcg", "generic", "RR", bcg)

# written out, so that R's meta is not needed for seven rows
Fleiss1993bin <- data.frame(d.asp = c(49, 44, 102, 32, 85, 246, 1570), n.asp = c(615, 758, 832, 317, 810, 2267, 8587),
                            d.plac = c(67, 64, 126, 38, 52, 219, 1720), n.plac = c(624, 771, 850, 309, 406, 2257, 8600))
fleiss <- escalc(measure = "PETO", ai = d.asp, n1i = n.asp, ci = d.plac, n2i = n.plac, data = Fleiss1993bin)
write_set("fleiss_peto", "Aspirin after infarction, Peto log odds ratio: two maxima",
          "Fleiss, J. L. (1993). Statistical Methods in Medical Research, 2, 121--145.",
          "meta::Fleiss1993bin", "generic", "PETO", fleiss)
