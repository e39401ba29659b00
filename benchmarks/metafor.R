# Times and numbers of metafor: Rscript metafor.R FOLDER SECONDS TASK...
# Writes one line for each number, "task <tab> name <tab> value"; the name "seconds" is the best time of one call.
# Numbers come from a fit with tight thresholds, times from the call as anybody types it.

suppressPackageStartupMessages(library(metafor))
arguments <- commandArgs(TRUE)
folder <- arguments[1]
budget <- as.numeric(arguments[2])
wanted <- arguments[-(1:2)]
clock <- function() as.numeric(Sys.time())

say <- function(task, ...) {
  values <- list(...)
  for (name in names(values)) for (value in values[[name]]) cat(task, "\t", name, "\t", sprintf("%.17g", value), "\n", sep = "")
}

best_of <- function(call) {
  call()
  start <- clock(); call(); once <- clock() - start
  if (once > 5) return(once)
  repeats <- max(1, floor(0.02 / max(once, 1e-9)))
  best <- once; done <- 1; until <- clock() + budget
  while (done < 3 || clock() < until) {
    start <- clock()
    for (i in seq_len(repeats)) call()
    best <- min(best, (clock() - start) / repeats)
    done <- done + 1
  }
  best
}

read <- function(k) read.csv(file.path(folder, paste0("figures_", k, ".csv")))
tight <- list(threshold = 1e-13, maxiter = 10000)
numbers <- function(r) list(estimate = r$beta[1], se = r$se, tau2 = r$tau2)
uni <- function(method, test) list(
  time = function(d) rma(d$y, d$v, method = method, test = test),
  check = function(d) {
    r <- rma(d$y, d$v, method = method, test = test, control = tight)
    c(numbers(r), list(ci_low = r$ci.lb, ci_high = r$ci.ub))
  })
mixed <- function(d) rma.glmm(measure = "PLO", xi = d$events, ni = d$total)
glmm <- list(time = mixed, check = function(d) numbers(mixed(d)))
after <- function(f, give) list(
  prepare = function(d) rma(d$y, d$v), time = f,
  check = function(d) give(f(rma(d$y, d$v, control = tight))))

tasks <- list(
  dl = uni("DL", "knha"), reml = uni("REML", "knha"), glmm = glmm, glmm_profiles = glmm,
  leave_one_out = after(leave1out, function(r) list(estimate = r$estimate, se = r$se, tau2 = r$tau2)),
  influence = after(influence, function(r) list(cook = r$inf$cook.d, dffits = r$inf$dffits, rstudent = r$inf$rstudent,
                                                tau2 = r$inf$tau2.del, hat = r$inf$hat)))

cat("version\tR\t", R.version$major, ".", R.version$minor, "\n", sep = "")
for (p in c("metafor", "lme4")) cat("version\t", p, "\t", as.character(packageVersion(p)), "\n", sep = "")

for (name in wanted) {
  parts <- regmatches(name, regexec("^(.*)_([0-9]+)$", name))[[1]]
  d <- read(parts[3])
  if (parts[2] == "batch") {
    # every tenth-of-a-thousand pool of ten is fitted, and the mean time of one is given
    rows <- split(seq_len(nrow(d)), rep(seq_len(nrow(d) / 10), each = 10))
    few <- rows[seq(1, length(rows), length.out = 100)]
    fits <- lapply(few, function(i) rma(d$y[i], d$v[i], control = tight))
    say(name, estimate = sapply(fits, function(r) r$beta[1]), se = sapply(fits, function(r) r$se), tau2 = sapply(fits, function(r) r$tau2))
    say(name, seconds = best_of(function() for (i in few) rma(d$y[i], d$v[i])) / length(few))
    next
  }
  task <- tasks[[parts[2]]]
  given <- if (is.null(task$prepare)) d else task$prepare(d)
  if (!is.null(task$check)) do.call(say, c(list(name), task$check(d)))
  say(name, seconds = best_of(function() task$time(given)))
}
