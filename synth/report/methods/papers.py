"""The papers themselves: facts, in Vancouver style, with the DOI where it is known for certain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A cited paper.

    Parameters
    ----------
    key : str
        First author's surname and year, in lower case.
    text : str
        The citation in Vancouver style.
    doi : str or None
        Where it is known for certain.
    """

    key: str
    text: str
    doi: str | None = None


INTERVALS_AND_MODELS = (
    Reference(
        "agresti1998",
        "Agresti A, Coull BA. Approximate is better than “exact” for interval estimation of binomial "
        "proportions. Am Stat. 1998;52(2):119–26.",
        "10.1080/00031305.1998.10480550",
    ),
    Reference(
        "brown2001",
        "Brown LD, Cai TT, DasGupta A. Interval estimation for a binomial proportion. Stat Sci. 2001;16(2):101–33.",
        "10.1214/ss/1009213286",
    ),
    Reference(
        "clopper1934",
        "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case of the "
        "binomial. Biometrika. 1934;26(4):404–13.",
        "10.1093/biomet/26.4.404",
    ),
    Reference(
        "cochran1954",
        "Cochran WG. The combination of estimates from different experiments. Biometrics. 1954;10(1):101–29.",
        "10.2307/3001666",
    ),
    Reference(
        "dersimonian1986",
        "DerSimonian R, Laird N. Meta-analysis in clinical trials. Control Clin Trials. 1986;7(3):177–88.",
        "10.1016/0197-2456(86)90046-2",
    ),
    Reference(
        "freeman1950",
        "Freeman MF, Tukey JW. Transformations related to the angular and the square root. Ann Math Stat. "
        "1950;21(4):607–11.",
        "10.1214/aoms/1177729756",
    ),
    Reference(
        "hardy1996",
        "Hardy RJ, Thompson SG. A likelihood approach to meta-analysis with random effects. Stat Med. "
        "1996;15(6):619–29.",
    ),
    Reference(
        "hartung2001",
        "Hartung J, Knapp G. A refined method for the meta-analysis of controlled clinical trials with binary "
        "outcome. Stat Med. 2001;20(24):3875–89.",
        "10.1002/sim.1009",
    ),
    Reference(
        "hedges1985", "Hedges LV, Olkin I. Statistical methods for meta-analysis. San Diego (CA): Academic Press; 1985."
    ),
    Reference(
        "higgins2002",
        "Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis. Stat Med. 2002;21(11):1539–58.",
        "10.1002/sim.1186",
    ),
    Reference(
        "higgins2009",
        "Higgins JPT, Thompson SG, Spiegelhalter DJ. A re-evaluation of random-effects meta-analysis. J R Stat "
        "Soc Ser A Stat Soc. 2009;172(1):137–59.",
        "10.1111/j.1467-985X.2008.00552.x",
    ),
    Reference(
        "hunter2015",
        "Hunter JE, Schmidt FL. Methods of meta-analysis: correcting error and bias in research findings. 3rd "
        "ed. Thousand Oaks (CA): Sage; 2015.",
    ),
    Reference(
        "knapp2003",
        "Knapp G, Hartung J. Improved tests for a random effects meta-regression with a single covariate. Stat "
        "Med. 2003;22(17):2693–710.",
        "10.1002/sim.1482",
    ),
    Reference(
        "lin2020",
        "Lin L, Chu H. Meta-analysis of proportions using generalized linear mixed models. Epidemiology. "
        "2020;31(5):713–7.",
        "10.1097/EDE.0000000000001232",
    ),
    Reference(
        "miller1978",
        "Miller JJ. The inverse of the Freeman–Tukey double arcsine transformation. Am Stat. 1978;32(4):138.",
    ),
    Reference(
        "morris1983",
        "Morris CN. Parametric empirical Bayes inference: theory and applications. J Am Stat Assoc. "
        "1983;78(381):47–55.",
        "10.1080/01621459.1983.10477920",
    ),
    Reference(
        "newcombe1998",
        "Newcombe RG. Two-sided confidence intervals for the single proportion: comparison of seven methods. "
        "Stat Med. 1998;17(8):857–72.",
    ),
    Reference(
        "paule1982",
        "Paule RC, Mandel J. Consensus values and weighting factors. J Res Natl Bur Stand. 1982;87(5):377–85.",
        "10.6028/jres.087.022",
    ),
    Reference(
        "rover2015",
        "Röver C, Knapp G, Friede T. Hartung-Knapp-Sidik-Jonkman approach and its modification for "
        "random-effects meta-analysis with few studies. "
        "BMC Med Res Methodol. 2015;15:99.",
        "10.1186/s12874-015-0091-1",
    ),
    Reference(
        "schwarzer2019",
        "Schwarzer G, Chemaitelly H, Abu-Raddad LJ, Rücker G. Seriously misleading results using inverse of "
        "Freeman-Tukey double arcsine "
        "transformation in meta-analysis of single proportions. Res Synth Methods. 2019;10(3):476–83.",
        "10.1002/jrsm.1348",
    ),
    Reference(
        "self1987",
        "Self SG, Liang KY. Asymptotic properties of maximum likelihood estimators and likelihood ratio tests "
        "under nonstandard conditions. "
        "J Am Stat Assoc. 1987;82(398):605–10.",
        "10.1080/01621459.1987.10478472",
    ),
    Reference(
        "sidik2002",
        "Sidik K, Jonkman JN. A simple confidence interval for meta-analysis. Stat Med. 2002;21(21):3153–9.",
        "10.1002/sim.1262",
    ),
    Reference(
        "sidik2005",
        "Sidik K, Jonkman JN. Simple heterogeneity variance estimation for meta-analysis. J R Stat Soc Ser C "
        "Appl Stat. 2005;54(2):367–84.",
    ),
    Reference(
        "stijnen2010",
        "Stijnen T, Hamza TH, Özdemir P. Random effects meta-analysis of event outcome in the framework of the "
        "generalized linear mixed model "
        "with applications in sparse data. Stat Med. 2010;29(29):3046–67.",
        "10.1002/sim.4040",
    ),
    Reference(
        "veroniki2019",
        "Veroniki AA, Jackson D, Bender R, Kuss O, Langan D, Higgins JPT, et al. Methods to calculate "
        "uncertainty in the estimated overall effect "
        "size from a random-effects meta-analysis. Res Synth Methods. 2019;10(1):23–43.",
        "10.1002/jrsm.1319",
    ),
    Reference(
        "viechtbauer2005",
        "Viechtbauer W. Bias and efficiency of meta-analytic variance estimators in the random-effects model. J "
        "Educ Behav Stat. 2005;30(3):261–93.",
        "10.3102/10769986030003261",
    ),
    Reference(
        "viechtbauer2007",
        "Viechtbauer W. Confidence intervals for the amount of heterogeneity in meta-analysis. Stat Med. "
        "2007;26(1):37–52.",
        "10.1002/sim.2514",
    ),
    Reference(
        "wilson1927",
        "Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc. "
        "1927;22(158):209–12.",
        "10.1080/01621459.1927.10502953",
    ),
)
