"""A few dozen MeSH headings with what they stand above and the words that lead to them.

Facts of the MeSH tree as far as the made-up records need them; a corpus may bring more with ``add_heading``.
"""

from __future__ import annotations

# heading: (headings it stands under, words that PubMed maps to it)
HEADINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Spinal Injuries": ((), ("spine injuries",)),
    "Spinal Fractures": (
        ("Spinal Injuries", "Fractures, Bone"),
        ("spinal fracture", "vertebral fractures", "vertebral fracture"),
    ),
    "Fractures, Bone": ((), ("bone fractures", "fractures")),
    "Fractures, Compression": (("Fractures, Bone",), ("compression fractures",)),
    "Osteoporotic Fractures": (("Fractures, Bone",), ("osteoporotic fracture",)),
    "Spinal Cord Injuries": (("Spinal Injuries",), ("spinal cord injury",)),
    "Spondylarthritis": ((), ("spondyloarthritis",)),
    "Axial Spondyloarthritis": (("Spondylarthritis",), ()),
    "Spondylitis, Ankylosing": (("Axial Spondyloarthritis",), ("ankylosing spondylitis", "bechterew disease")),
    "Hyperostosis, Diffuse Idiopathic Skeletal": (
        (),
        ("diffuse idiopathic skeletal hyperostosis", "forestier disease"),
    ),
    "Ankylosis": ((), ("ankyloses",)),
    "Spinal Fusion": (("Orthopedic Procedures",), ("spondylodesis",)),
    "Orthopedic Procedures": ((), ("orthopaedic surgery",)),
    "Fracture Fixation": (("Orthopedic Procedures",), ("skeletal fixation",)),
    "Fracture Fixation, Internal": (("Fracture Fixation",), ("osteosynthesis, fracture",)),
    "Bone Cements": ((), ("bone cement",)),
    "Pedicle Screws": (("Bone Screws",), ("pedicle screw",)),
    "Bone Screws": ((), ("bone screw",)),
    "Minimally Invasive Surgical Procedures": ((), ("minimally invasive surgery", "minimal surgical procedures")),
    "Kyphoplasty": (("Vertebroplasty",), ("balloon kyphoplasty",)),
    "Vertebroplasty": (("Cementoplasty",), ("percutaneous vertebroplasty",)),
    "Cementoplasty": ((), ()),
    "Cervical Vertebrae": (("Spine",), ("cervical spine",)),
    "Thoracic Vertebrae": (("Spine",), ("thoracic spine",)),
    "Lumbar Vertebrae": (("Spine",), ("lumbar spine",)),
    "Spine": ((), ("vertebral column", "vertebra")),
    "Postoperative Complications": ((), ("postoperative complication",)),
    "Blood Loss, Surgical": ((), ("surgical blood loss",)),
    "Operative Time": ((), ("surgery time",)),
    "Treatment Outcome": ((), ("outcome, treatment",)),
    "Retrospective Studies": (("Cohort Studies",), ("retrospective study",)),
    "Prospective Studies": (("Cohort Studies",), ("prospective study",)),
    "Cohort Studies": ((), ("cohort study",)),
    "Humans": ((), ("man (taxonomy)",)),
    "Animals": ((), ("animalia",)),
    "Aged": (("Adult",), ("elderly",)),
    "Aged, 80 and over": (("Aged",), ("oldest old",)),
    "Adult": ((), ("adults",)),
    "Middle Aged": (("Adult",), ("middle age",)),
    "Male": ((), ("males",)),
    "Female": ((), ("females",)),
    "Neoplasms": ((), ("cancer", "tumor", "neoplasm")),
    "Hip Fractures": (("Fractures, Bone",), ("hip fracture",)),
    "Mortality": ((), ("death rate",)),
    "Tomography, X-Ray Computed": ((), ("ct scan",)),
    "Delayed Diagnosis": ((), ("late diagnosis",)),
}
