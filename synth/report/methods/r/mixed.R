# ---- Mixed models of both arms with metafor -----------------------------------------------------------------------
# R has an approximate likelihood only (lme4): Laplace's where two effects are random. What is allowed to differ is wide.
library(metafor)
fit_mixed <- function(d) {
  method <- if (settings$effects == "common") "EE" else "ML"
  kind <- if (settings$model == "glmm-um-fs") "UM.FS" else "UM.RS"
  # Laplace's approximation is all that there is for two random effects; for one, more nodes are possible.
  nodes <- if (kind == "UM.RS") 1 else 7
  words <- if (settings$data == "two_rates") {
    list(measure = "IRR", x1i = d$events_1, t1i = d$time_1, x2i = d$events_2, t2i = d$time_2)
  } else {
    list(measure = "OR", ai = d$events_1, n1i = d$total_1, ci = d$events_2, n2i = d$total_2)
  }
  test <- if (settings$ci == "t") "t" else "z"
  tryCatch(
    suppressWarnings(suppressMessages(do.call(
      rma.glmm, c(words, list(model = kind, method = method, nAGQ = nodes, test = test, level = 100 * settings$level))
    ))),
    error = function(problem) {
      cat("metafor::rma.glmm gives no answer on these studies:", conditionMessage(problem), "\n")
      NULL
    }
  )
}
fit <- fit_mixed(dat)
if (!is.null(fit)) {
  print(fit)
  se <- number(fit$se)
  check("pooled estimate", synth$estimate, fit$beta, se, 0.05)
  check("standard error", synth$se, se, se, 0.05)
  if (settings$effects != "common") check("tau2", synth$tau2, fit$tau2, max(number(fit$tau2), 0.1), 0.5)
  if (settings$ci %in% c("t", "wald")) {
    check("lower limit", synth$ci_low, number(fit$beta) - quantile_of(settings$ci, nrow(dat)) * se, se, 0.2)
    check("upper limit", synth$ci_high, number(fit$beta) + quantile_of(settings$ci, nrow(dat)) * se, se, 0.2)
  }
}
