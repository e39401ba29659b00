"""Which papers each word of the settings rests on: one table for each setting, keys of the references."""

from __future__ import annotations

Keys = tuple[str, ...]

_HKSJ: Keys = ("hartung2001", "sidik2002", "knapp2003")

MODELS: dict[str, Keys] = {
    "glmm": ("stijnen2010", "lin2020"),
    "glmm-um-fs": ("stijnen2010", "jackson2018"),
    "glmm-cm-el": ("stijnen2010", "jackson2018"),
    "glmm-cm-al": ("stijnen2010", "jackson2018"),
    "inverse": ("dersimonian1986",),
    "mh": ("mantel1959", "greenland1985", "robins1986"),
    "peto": ("yusuf1985",),
    "beta-binomial": ("kuss2015",),
    "bayes": ("higgins2009", "rover2020"),
}
MEASURES: dict[str, Keys] = {
    "PLOGIT": ("barendregt2013",),
    "PLN": ("barendregt2013",),
    "PRAW": ("barendregt2013",),
    "PAS": ("rucker2009",),
    "PFT": ("freeman1950", "miller1978", "schwarzer2019"),
    "IR": ("rothman2008",),
    "IRLN": ("rothman2008",),
    "IRS": ("bagos2009",),
    "IRFT": ("freeman1950", "schwarzer2019"),
    "OR": ("woolf1955",),
    "RR": ("rothman2008",),
    "RD": ("rothman2008",),
    "AS": ("rucker2009",),
    "PETO": ("yusuf1985",),
    "IRR": ("rothman2008",),
    "IRD": ("rothman2008",),
    "IRSD": ("bagos2009",),
    "MN": ("hedges1985",),
    "MNLN": ("hedges1985",),
    "MD": ("hedges1985",),
    "SMD": ("hedges1981",),
    "SMDH": ("bonett2008",),
    "SMD1": ("glass1976",),
    "ROM": ("lajeunesse2015",),
    "VR": ("nakagawa2015",),
    "CVR": ("nakagawa2015",),
    "COR": ("hedges1985",),
    "ZCOR": ("fisher1921",),
    "GEN": ("dersimonian1986",),
}
TAU2: dict[str, Keys] = {
    "ML": ("viechtbauer2005",),
    "REML": ("viechtbauer2005",),
    "DL": ("dersimonian1986",),
    "PM": ("paule1982",),
    "EB": ("morris1983",),
    "SJ": ("sidik2005",),
    "HS": ("hunter2015",),
    "HE": ("hedges1985",),
    "HSk": ("brannick2019",),
    "PMM": ("viechtbauer2021",),
}
INTERVALS: dict[str, Keys] = {
    "t": ("follmann1999",),
    "profile": ("hardy1996",),
    "wald": ("wald1943",),
    "hksj": _HKSJ,
    "hksj-adhoc": (*_HKSJ, "rover2015"),
    "exact": ("clopper1934",),
    "clopper-pearson": ("clopper1934",),
    "credible": ("rover2020",),
}
STUDY_INTERVALS: dict[str, Keys] = {
    "clopper-pearson": ("clopper1934",),
    "exact": ("clopper1934",),
    "wilson": ("wilson1927",),
    "wilson-corrected": ("newcombe1998",),
    "agresti-coull": ("agresti1998",),
    "jeffreys": ("brown2001",),
    "mid-p": ("brown2001",),
    "wald": ("wald1943",),
}
PREDICTIONS: dict[str, Keys] = {
    "t": ("higgins2009", "veroniki2019"),
    "hts": ("higgins2009",),
    "normal": ("higgins2009", "veroniki2019"),
    "bootstrap": ("nagashima2019",),
}
ZERO_CELLS: dict[str, tuple[str, Keys]] = {
    "only0": ("in each series with a cell of 0", ("sweeting2004",)),
    "if0all": ("in every series, because one of them has a cell of 0", ("sweeting2004",)),
    "all": ("in every series", ("sweeting2004",)),
    "treatment-arm": (
        "in all, shared between the arms by the size of the other arm, in each series with a cell of 0",
        ("sweeting2004",),
    ),
}
