# Makes the figures in this folder again: Rscript make_mixed.R [folder]
#
# Needs R with metafor (which brings lme4 and numDeriv) and jsonlite; the versions are named in each file. The data are
# drawn here from named seeds and stand in the files. metafor's rma.glmm() is run as it comes, but for the conditional
# model of odds ratios, whose package for the hypergeometric may not be there. Beside it stands for two random effects,
# for which lme4 has the Laplace approximation only, the maximum of the likelihood itself: products of Gauss-Hermite
# nodes moved to each study's mode, nlm() from lme4's answer, and second derivatives by numDeriv.

suppressPackageStartupMessages({library(metafor); library(lme4); library(jsonlite)})

folder <- if (length(commandArgs(TRUE))) commandArgs(TRUE)[1] else "."

# Golub and Welsch: nodes and weights of exp(-z^2 / 2)
hermite <- function(m) {
  jacobi <- matrix(0, m, m)
  off <- sqrt(seq_len(m - 1))
  jacobi[cbind(1:(m - 1), 2:m)] <- off
  jacobi[cbind(2:m, 1:(m - 1))] <- off
  e <- eigen(jacobi, symmetric = TRUE)
  list(z = e$values, log_w = 2 * log(abs(e$vectors[1, ])))
}
nodes <- hermite(30)
grid <- as.matrix(expand.grid(nodes$z, nodes$z))
log_w <- as.vector(outer(nodes$log_w, nodes$log_w, "+"))

exact_loglik <- function(p, d, poisson) {
  total <- 0
  for (i in seq_len(nrow(d))) {
    x <- c(d$x1[i], d$x2[i]); n <- c(d$n1[i], d$n2[i])
    move <- rbind(c(p[3], p[4] / 2), c(p[3], -p[4] / 2))
    base <- p[1] + c(p[2], -p[2]) / 2
    b <- c(0, 0)
    for (step in 1:100) {
      eta <- base + as.vector(move %*% b)
      mean <- if (poisson) n * exp(eta) else n * plogis(eta)
      curve <- diag(2) + t(move) %*% diag(if (poisson) mean else mean * (1 - plogis(eta))) %*% move
      by <- solve(curve, as.vector(t(move) %*% (x - mean)) - b)
      b <- b + pmax(pmin(by, 0.5), -0.5)
      if (max(abs(by)) < 1e-12) break
    }
    root <- t(chol(solve(curve)))
    at <- t(b + root %*% t(grid))
    eta <- t(base + move %*% t(at))
    value <- eta %*% x - if (poisson) exp(eta) %*% n else log1p(exp(-abs(eta))) %*% n + pmax(eta, 0) %*% n
    log_terms <- as.vector(value) - rowSums(at^2) / 2 + rowSums(grid^2) / 2 + log_w
    top <- max(log_terms)
    total <- total + top + log(sum(exp(log_terms - top))) + sum(log(diag(root)))
  }
  total
}

exact <- function(d, start, poisson) {
  found <- nlm(function(p) -exact_loglik(p, d, poisson), start, gradtol = 1e-10, steptol = 1e-12, iterlim = 500)
  found <- nlm(function(p) -exact_loglik(p, d, poisson), found$estimate, gradtol = 1e-10, steptol = 1e-12)
  v <- solve(numDeriv::hessian(function(p) -exact_loglik(p, d, poisson), found$estimate))
  list(estimate = found$estimate[2], se = sqrt(v[2, 2]), tau = abs(found$estimate[4]), sigma = abs(found$estimate[3]))
}

one <- function(d, measure, model, method) {
  poisson <- measure != "OR"
  arguments <- list(measure = measure, method = method, model = model)
  if (measure == "OR") arguments <- c(arguments, list(ai = d$x1, n1i = d$n1, ci = d$x2, n2i = d$n2))
  if (measure == "IRR") arguments <- c(arguments, list(x1i = d$x1, t1i = d$n1, x2i = d$x2, t2i = d$n2))
  if (measure == "OR" && model == "CM.EL") arguments$control <- list(dnchgcalc = "dnoncenhypergeom")
  if (model == "UM.RS") arguments$nAGQ <- 1
  fit <- try(suppressWarnings(do.call(rma.glmm, arguments)), silent = TRUE)
  if (inherits(fit, "try-error")) return(list(error = gsub("\\s+", " ", trimws(as.character(fit)))))
  list(estimate = fit$beta[1], se = fit$se, tau2 = fit$tau2, sigma2 = if (model == "UM.RS") fit$sigma2 else NULL,
       k = fit$k, QE_LRT = fit$QE.LRT, QE_Wld = fit$QE.Wld, I2 = fit$I2)
}

draw <- function(seed, k, size, level, spread, effect, tau, poisson) {
  set.seed(seed)
  n1 <- sample(size, k, replace = TRUE); n2 <- sample(size, k, replace = TRUE)
  at <- rnorm(k, level, spread); by <- rnorm(k, effect, tau)
  if (poisson) {
    n1 <- n1 / 2; n2 <- n2 / 2
    return(data.frame(x1 = rpois(k, n1 * exp(at + by / 2)), n1 = n1, x2 = rpois(k, n2 * exp(at - by / 2)), n2 = n2))
  }
  data.frame(x1 = rbinom(k, n1, plogis(at + by / 2)), n1 = n1, x2 = rbinom(k, n2, plogis(at - by / 2)), n2 = n2)
}

sets <- list(
  odds_common = list(seed = 101, k = 8, size = 40:150, level = -0.8, spread = 0.5, effect = -0.7, tau = 0.4),
  odds_sparse = list(seed = 102, k = 10, size = 15:60, level = -3.2, spread = 0.4, effect = -0.4, tau = 0.6),
  odds_unlike = list(seed = 103, k = 12, size = 10:400, level = -1.5, spread = 1, effect = 0.5, tau = 1),
  odds_two = list(seed = 104, k = 3, size = 30:90, level = -1.2, spread = 0.3, effect = 0.8, tau = 0.2),
  rates_common = list(seed = 201, k = 8, size = 50:400, level = -2.5, spread = 0.5, effect = -0.5, tau = 0.5),
  rates_sparse = list(seed = 202, k = 9, size = 10:80, level = -3.6, spread = 0.4, effect = 0.3, tau = 0.5)
)

for (name in names(sets)) {
  s <- sets[[name]]
  poisson <- startsWith(name, "rates")
  d <- draw(s$seed, s$k, s$size, s$level, s$spread, s$effect, s$tau, poisson)
  measure <- if (poisson) "IRR" else "OR"
  fits <- list()
  for (model in if (poisson) c("UM.FS", "UM.RS", "CM.EL") else c("UM.FS", "UM.RS", "CM.EL", "CM.AL"))
    for (method in c("ML", "EE")) fits[[paste(model, method, sep = "_")]] <- one(d, measure, model, method)
  there <- fits[["UM.RS_ML"]]
  use <- d$x1 + d$x2 > 0 & (poisson | d$x1 + d$x2 < d$n1 + d$n2)
  level <- if (poisson) log(sum(d$x1 + d$x2) / sum(d$n1 + d$n2)) else qlogis(sum(d$x1 + d$x2) / sum(d$n1 + d$n2))
  start <- c(level, there$estimate, max(sqrt(there$sigma2), 0.2), max(sqrt(there$tau2), 0.2))
  fits[["UM.RS_exact"]] <- exact(d[use, ], start, poisson)
  if (poisson) {
    rate <- suppressWarnings(rma.glmm(measure = "IRLN", xi = d$x1, ti = d$n1))
    fits[["IRLN"]] <- list(estimate = rate$beta[1], se = rate$se, tau2 = rate$tau2, QE_LRT = rate$QE.LRT,
                           QE_Wld = rate$QE.Wld, I2 = rate$I2)
  }
  version <- function(p) as.character(packageVersion(p))
  set <- list(title = paste("Random tables, seed", s$seed), make_again_with = "make_mixed.R", drawn_by = s,
              versions = list(R = R.version.string, metafor = version("metafor"), lme4 = version("lme4")),
              measure = measure, data = as.list(d), fits = fits)
  writeLines(toJSON(set, auto_unbox = TRUE, digits = NA, na = "null", null = "null", pretty = 1),
             file.path(folder, paste0(name, ".json")))
  cat(name, "\n")
}
