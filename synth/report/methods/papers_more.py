"""The papers on measures, on second opinions and on what is looked at beside the main pool."""

from __future__ import annotations

from .papers import Reference

MEASURES_AND_ANALYSES = (
    Reference(
        "bagos2009",
        "Bagos PG, Nikolopoulos GK. Mixed-effects Poisson regression models for meta-analysis of follow-up "
        "studies with constant or varying durations. Int J Biostat. 2009;5(1):21.",
        "10.2202/1557-4679.1168",
    ),
    Reference(
        "barendregt2013",
        "Barendregt JJ, Doi SA, Lee YY, Norman RE, Vos T. Meta-analysis of prevalence. J Epidemiol Community "
        "Health. 2013;67(11):974–8.",
        "10.1136/jech-2013-203104",
    ),
    Reference(
        "baujat2002",
        "Baujat B, Mahé C, Pignon JP, Hill C. A graphical method for exploring heterogeneity in "
        "meta-analyses: application to a meta-analysis of 65 trials. Stat Med. 2002;21(18):2641–52.",
        "10.1002/sim.1221",
    ),
    Reference(
        "begg1994",
        "Begg CB, Mazumdar M. Operating characteristics of a rank correlation test for publication bias. "
        "Biometrics. 1994;50(4):1088–101.",
        "10.2307/2533446",
    ),
    Reference(
        "bonett2008",
        "Bonett DG. Confidence intervals for standardized linear contrasts of means. Psychol Methods. "
        "2008;13(2):99–109.",
        "10.1037/1082-989X.13.2.99",
    ),
    Reference(
        "brannick2019",
        "Brannick MT, Potter SM, Benitez B, Morris SB. Bias and precision of alternate estimators in "
        "meta-analysis: benefits of blending Schmidt–Hunter and Hedges approaches. Organ Res Methods. "
        "2019;22(2):490–514.",
        "10.1177/1094428117741966",
    ),
    Reference(
        "deeks2005",
        "Deeks JJ, Macaskill P, Irwig L. The performance of tests of publication bias and other sample size effects in "
        "systematic reviews of diagnostic test accuracy was assessed. J Clin Epidemiol. 2005;58(9):882–93.",
        "10.1016/j.jclinepi.2005.01.016",
    ),
    Reference(
        "duval2000",
        "Duval S, Tweedie R. Trim and fill: a simple funnel-plot-based method of testing and adjusting for "
        "publication bias in meta-analysis. Biometrics. 2000;56(2):455–63.",
        "10.1111/j.0006-341X.2000.00455.x",
    ),
    Reference(
        "egger1997",
        "Egger M, Davey Smith G, Schneider M, Minder C. Bias in meta-analysis detected by a simple, graphical"
        " test. BMJ. 1997;315(7109):629–34.",
        "10.1136/bmj.315.7109.629",
    ),
    Reference(
        "fisher1921",
        "Fisher RA. On the “probable error” of a coefficient of correlation deduced from a small sample. "
        "Metron. 1921;1:3–32.",
    ),
    Reference(
        "follmann1999",
        "Follmann DA, Proschan MA. Valid inference in random effects meta-analysis. Biometrics. 1999;55(3):732–7.",
        "10.1111/j.0006-341X.1999.00732.x",
    ),
    Reference(
        "furuya2018",
        "Furuya-Kanamori L, Barendregt JJ, Doi SAR. A new improved graphical and quantitative method for "
        "detecting bias in meta-analysis. Int J Evid Based Healthc. 2018;16(4):195–203.",
        "10.1097/XEB.0000000000000141",
    ),
    Reference(
        "garwood1936",
        "Garwood F. Fiducial limits for the Poisson distribution. Biometrika. 1936;28(3–4):437–42.",
        "10.1093/biomet/28.3-4.437",
    ),
    Reference(
        "glass1976",
        "Glass GV. Primary, secondary, and meta-analysis of research. Educ Res. 1976;5(10):3–8.",
        "10.3102/0013189X005010003",
    ),
    Reference(
        "greenland1985",
        "Greenland S, Robins JM. Estimation of a common effect parameter from sparse follow-up data. "
        "Biometrics. 1985;41(1):55–68.",
        "10.2307/2530643",
    ),
    Reference(
        "harbord2006",
        "Harbord RM, Egger M, Sterne JAC. A modified test for small-study effects in meta-analyses of controlled "
        "trials with binary endpoints. Stat Med. 2006;25(20):3443–57.",
        "10.1002/sim.2380",
    ),
    Reference(
        "hedges1981",
        "Hedges LV. Distribution theory for Glass’s estimator of effect size and related estimators. J Educ "
        "Stat. 1981;6(2):107–28.",
        "10.3102/10769986006002107",
    ),
    Reference(
        "higgins2004",
        "Higgins JPT, Thompson SG. Controlling the risk of spurious findings from meta-regression. Stat Med. "
        "2004;23(11):1663–82.",
        "10.1002/sim.1752",
    ),
    Reference(
        "hunter2014",
        "Hunter JP, Saratzis A, Sutton AJ, Boucher RH, Sayers RD, Bown MJ. In meta-analyses of proportion "
        "studies, funnel plots were found to be an inaccurate method of assessing publication bias. J Clin "
        "Epidemiol. 2014;67(8):897–903.",
        "10.1016/j.jclinepi.2014.03.003",
    ),
    Reference(
        "jackson2018",
        "Jackson D, Law M, Stijnen T, Viechtbauer W, White IR. A comparison of seven random-effects models for "
        "meta-analyses that estimate the summary odds ratio. Stat Med. 2018;37(7):1059–85.",
        "10.1002/sim.7588",
    ),
    Reference(
        "kuss2015",
        "Kuss O. Statistical methods for meta-analyses including information from studies without any events:"
        " add nothing to nothing and succeed nevertheless. Stat Med. 2015;34(7):1097–116.",
        "10.1002/sim.6383",
    ),
    Reference(
        "lajeunesse2015",
        "Lajeunesse MJ. Bias and correction for the log response ratio in ecological meta-analysis. Ecology. "
        "2015;96(8):2056–63.",
        "10.1890/14-2402.1",
    ),
    Reference(
        "macaskill2001",
        "Macaskill P, Walter SD, Irwig L. A comparison of methods to detect publication bias in meta-analysis. Stat "
        "Med. 2001;20(4):641–54.",
        "10.1002/sim.698",
    ),
    Reference(
        "lau1992",
        "Lau J, Antman EM, Jimenez-Silva J, Kupelnick B, Mosteller F, Chalmers TC. Cumulative meta-analysis "
        "of therapeutic trials for myocardial infarction. N Engl J Med. 1992;327(4):248–54.",
        "10.1056/NEJM199207233270406",
    ),
    Reference(
        "mantel1959",
        "Mantel N, Haenszel W. Statistical aspects of the analysis of data from retrospective studies of "
        "disease. J Natl Cancer Inst. 1959;22(4):719–48.",
    ),
    Reference(
        "nakagawa2015",
        "Nakagawa S, Poulin R, Mengersen K, Reinhold K, Engqvist L, Lagisz M, et al. Meta-analysis of "
        "variation: ecological and evolutionary applications and beyond. Methods Ecol Evol. 2015;6(2):143–52.",
        "10.1111/2041-210X.12309",
    ),
    Reference(
        "nagashima2019",
        "Nagashima K, Noma H, Furukawa TA. Prediction intervals for random-effects meta-analysis: a "
        "confidence distribution approach. Stat Methods Med Res. 2019;28(6):1689–702.",
        "10.1177/0962280218773520",
    ),
    Reference(
        "olkin2012",
        "Olkin I, Dahabreh IJ, Trikalinos TA. GOSH – a graphical display of study heterogeneity. Res Synth "
        "Methods. 2012;3(3):214–23.",
        "10.1002/jrsm.1053",
    ),
    Reference(
        "peters2006",
        "Peters JL, Sutton AJ, Jones DR, Abrams KR, Rushton L. Comparison of two methods to detect publication bias "
        "in meta-analysis. JAMA. 2006;295(6):676–80.",
        "10.1001/jama.295.6.676",
    ),
    Reference(
        "peters2008",
        "Peters JL, Sutton AJ, Jones DR, Abrams KR, Rushton L. Contour-enhanced meta-analysis funnel plots "
        "help distinguish publication bias from other causes of asymmetry. J Clin Epidemiol. "
        "2008;61(10):991–6.",
        "10.1016/j.jclinepi.2007.11.010",
    ),
    Reference(
        "pustejovsky2019",
        "Pustejovsky JE, Rodgers MA. Testing for funnel plot asymmetry of standardized mean differences. Res Synth "
        "Methods. 2019;10(1):57–71.",
        "10.1002/jrsm.1332",
    ),
    Reference(
        "riley2018",
        "Riley RD, Ensor J, Jackson D, Burke DL. Deriving percentage study weights in multi-parameter "
        "meta-analysis models: with application to meta-regression, network meta-analysis and one-stage individual "
        "participant data models. Stat Methods Med Res. 2018;27(10):2885–905.",
        "10.1177/0962280216688033",
    ),
    Reference(
        "robins1986",
        "Robins J, Breslow N, Greenland S. Estimators of the Mantel–Haenszel variance consistent in both "
        "sparse data and large-strata limiting models. Biometrics. 1986;42(2):311–23.",
        "10.2307/2531052",
    ),
    Reference(
        "rothman2008",
        "Rothman KJ, Greenland S, Lash TL. Modern epidemiology. 3rd ed. Philadelphia (PA): Lippincott "
        "Williams & Wilkins; 2008.",
    ),
    Reference(
        "rover2020",
        "Röver C. Bayesian random-effects meta-analysis using the bayesmeta R package. J Stat Softw. 2020;93(6):1–51.",
        "10.18637/jss.v093.i06",
    ),
    Reference(
        "rucker2008",
        "Rücker G, Schwarzer G, Carpenter J. Arcsine test for publication bias in meta-analyses with binary outcomes. "
        "Stat Med. 2008;27(5):746–63.",
        "10.1002/sim.2971",
    ),
    Reference(
        "rucker2009",
        "Rücker G, Schwarzer G, Carpenter J, Olkin I. Why add anything to nothing? The arcsine difference as "
        "a measure of treatment effect in meta-analysis with zero cells. Stat Med. 2009;28(5):721–38.",
        "10.1002/sim.3511",
    ),
    Reference(
        "sterne2011",
        "Sterne JAC, Sutton AJ, Ioannidis JPA, Terrin N, Jones DR, Lau J, et al. Recommendations for "
        "examining and interpreting funnel plot asymmetry in meta-analyses of randomised controlled trials. "
        "BMJ. 2011;343:d4002.",
        "10.1136/bmj.d4002",
    ),
    Reference(
        "sweeting2004",
        "Sweeting MJ, Sutton AJ, Lambert PC. What to add to nothing? Use and avoidance of continuity "
        "corrections in meta-analysis of sparse data. Stat Med. 2004;23(9):1351–75.",
        "10.1002/sim.1761",
    ),
    Reference(
        "thompson1999",
        "Thompson SG, Sharp SJ. Explaining heterogeneity in meta-analysis: a comparison of methods. Stat Med. "
        "1999;18(20):2693–708.",
    ),
    Reference(
        "thompson2002",
        "Thompson SG, Higgins JPT. How should meta-regression analyses be undertaken and interpreted? Stat "
        "Med. 2002;21(11):1559–73.",
        "10.1002/sim.1187",
    ),
    Reference(
        "viechtbauer2010",
        "Viechtbauer W, Cheung MWL. Outlier and influence diagnostics for meta-analysis. Res Synth Methods. "
        "2010;1(2):112–25.",
        "10.1002/jrsm.11",
    ),
    Reference(
        "viechtbauer2021",
        "Viechtbauer W. Median-unbiased estimators for the amount of heterogeneity in meta-analysis. European"
        " Congress of Methodology; 2021; Valencia, Spain.",
    ),
    Reference(
        "voracek2019",
        "Voracek M, Kossmeier M, Tran US. Which data to meta-analyze, and how? A specification-curve and "
        "multiverse-analysis approach to meta-analysis. Z Psychol. 2019;227(1):64–82.",
        "10.1027/2151-2604/a000357",
    ),
    Reference(
        "wald1943",
        "Wald A. Tests of statistical hypotheses concerning several parameters when the number of "
        "observations is large. Trans Am Math Soc. 1943;54(3):426–82.",
        "10.2307/1990256",
    ),
    Reference(
        "woolf1955",
        "Woolf B. On estimating the relation between blood group and disease. Ann Hum Genet. 1955;19(4):251–3.",
        "10.1111/j.1469-1809.1955.tb01348.x",
    ),
    Reference(
        "yusuf1985",
        "Yusuf S, Peto R, Lewis J, Collins R, Sleight P. Beta blockade during and after myocardial "
        "infarction: an overview of the randomized trials. Prog Cardiovasc Dis. 1985;27(5):335–71.",
        "10.1016/S0033-0620(85)80003-7",
    ),
)
