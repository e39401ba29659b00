# ---- The comparison -----------------------------------------------------------------------------------------------
check_studies()
if (exists("pool_some")) check_sets()
fine <- report()
cat(R.version.string, "\n")
if ("metafor" %in% loadedNamespaces()) cat("metafor", format(packageVersion("metafor")), "\n")
if (!interactive() && !fine) quit(status = 1)
