"""The papers of the rating of certainty: facts, in Vancouver style, with the DOI."""

from __future__ import annotations

from .papers import Reference

CERTAINTY = (
    Reference(
        "balshem2011",
        "Balshem H, Helfand M, Schünemann HJ, Oxman AD, Kunz R, Brozek J, et al. GRADE guidelines: 3. Rating the "
        "quality of evidence. J Clin Epidemiol. 2011;64(4):401–6.",
        "10.1016/j.jclinepi.2010.07.015",
    ),
    Reference(
        "guyatt2011limitations",
        "Guyatt GH, Oxman AD, Vist G, Kunz R, Brozek J, Alonso-Coello P, et al. GRADE guidelines: 4. Rating the "
        "quality of evidence—study limitations (risk of bias). J Clin Epidemiol. 2011;64(4):407–15.",
        "10.1016/j.jclinepi.2010.07.017",
    ),
    Reference(
        "guyatt2011publication",
        "Guyatt GH, Oxman AD, Montori V, Vist G, Kunz R, Brozek J, et al. GRADE guidelines: 5. Rating the quality of "
        "evidence—publication bias. J Clin Epidemiol. 2011;64(12):1277–82.",
        "10.1016/j.jclinepi.2011.01.011",
    ),
    Reference(
        "guyatt2011imprecision",
        "Guyatt GH, Oxman AD, Kunz R, Brozek J, Alonso-Coello P, Rind D, et al. GRADE guidelines 6. Rating the quality "
        "of evidence—imprecision. J Clin Epidemiol. 2011;64(12):1283–93.",
        "10.1016/j.jclinepi.2011.01.012",
    ),
    Reference(
        "guyatt2011inconsistency",
        "Guyatt GH, Oxman AD, Kunz R, Woodcock J, Brozek J, Helfand M, et al. GRADE guidelines: 7. Rating the quality "
        "of evidence—inconsistency. J Clin Epidemiol. 2011;64(12):1294–302.",
        "10.1016/j.jclinepi.2011.03.017",
    ),
    Reference(
        "guyatt2011indirectness",
        "Guyatt GH, Oxman AD, Kunz R, Woodcock J, Brozek J, Helfand M, et al. GRADE guidelines: 8. Rating the quality "
        "of evidence—indirectness. J Clin Epidemiol. 2011;64(12):1303–10.",
        "10.1016/j.jclinepi.2011.04.014",
    ),
    Reference(
        "guyatt2011upgrading",
        "Guyatt GH, Oxman AD, Sultan S, Glasziou P, Akl EA, Alonso-Coello P, et al. GRADE guidelines: 9. Rating up the "
        "quality of evidence. J Clin Epidemiol. 2011;64(12):1311–6.",
        "10.1016/j.jclinepi.2011.06.004",
    ),
    Reference(
        "iorio2015",
        "Iorio A, Spencer FA, Falavigna M, Alba C, Lang E, Burnand B, et al. Use of GRADE for assessment of evidence "
        "about prognosis: rating confidence in estimates of event rates in broad categories of patients. BMJ. "
        "2015;350:h870.",
        "10.1136/bmj.h870",
    ),
    Reference(
        "migliavaca2022",
        "Migliavaca CB, Stein C, Colpani V, Barker TH, Ziegelmann PK, Munn Z, et al. Meta-analysis of prevalence: I² "
        "statistic and how to deal with heterogeneity. Res Synth Methods. 2022;13(3):363–7.",
        "10.1002/jrsm.1547",
    ),
    Reference(
        "schunemann2019",
        "Schünemann HJ, Cuello C, Akl EA, Mustafa RA, Meerpohl JJ, Thayer K, et al. GRADE guidelines: 18. How ROBINS-I "
        "and other tools to assess risk of bias in nonrandomized studies should be used to rate the certainty of a "
        "body of evidence. J Clin Epidemiol. 2019;111:105–14.",
        "10.1016/j.jclinepi.2018.01.012",
    ),
)
