"""The bodies with which the live service has been seen to fail, by name.

Each is what a client must tell from a result; the words are the service's own, as the facts of its interface.
"""

from __future__ import annotations

from .esearch import OVER_THE_WALL
from .wire import HTML, JSON, TEXT, XML, Answer, doctype

_FETCH, _SEARCH = doctype("eFetchResult"), doctype("eSearchResult")
_EMPTY_SET = (
    '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet></PubmedArticleSet>'
)
_WALL_IN_JSON = OVER_THE_WALL.split("\n To obtain")[0]


def _searched(message: str) -> str:
    return f"{_SEARCH}<eSearchResult>\n\t<ERROR>{message}</ERROR>\n</eSearchResult>\n"


def _counted(inside: str) -> str:
    return f"{_SEARCH}<eSearchResult>{inside}</eSearchResult>\n"


def _fetched(message: str) -> str:
    return f"{_FETCH}<eFetchResult>\n\t<ERROR>{message}</ERROR>\n</eFetchResult>\n"


_TIMEOUT = " Error: External viewer error: Empty Response. Bytes read: 0 Status: Timeout"
_OUT_OF_RANGE = (
    "Cannot retrieve history data: OUT OF RANGE. Parameter retstart=1 + 1 is greater than number of records "
    "available in history. History includes 1 IDs."
)
_ROUTE = "Unable to route request!\n\nservice name: /http/service/ratecontrol\ndtab:\n\nbase dtab:\n\noverride dtab:\n"
_HTML = (
    '<head> <title>NCBI/eutils202 - WWW Error 500 Diagnostic</title> <style type="text/css">  h1.error {color: red; '
    "font-size: 40pt} div.diags {text-indent: 0.5in } </style>  </head> <body> <h1>Server Error</h1>   "
    "<p>Your request could not be processed due to a problem on our Web server.</p> <hr/> "
    '<p> Diagnostic Information:</p>  <div class="diags">Error: 500</div>  </body>'
)
_CXX_JSON = (
    '{"linksets":[],"ERROR":"NCBI C++ Exception:\\n  TXCLIENT(CException::eUnknown) ... CTxRawClientImpl::readAll() '
    '--- Read failed: EOF (the other side has unexpectedly closed connection), peer: 130.14.18.86:8064"}\n'
)
_CXX_XML = (
    "<eSummaryResult>\n<ERROR>\nNCBI C++ Exception: Error: EUTILSAPP(CException::eInvalid) "
    '"/pubmed_gen/rbuild/version/20231222/entrez/2.19/src/internal/eutils/eutilsapp/eutilsapp.cpp", line 77: '
    "ncbi::EUtilsException::EUtilsException() --- esummary: clinvar: pback220: CDTD_XSLT_Loader::GetData: dtd: "
    "Cannot open file\n</ERROR>\n</eSummaryResult>\n"
)
_NO_DB = (
    '<?xml version="1.0"?>\n<!DOCTYPE eInfoResult PUBLIC "-//NLM//DTD eInfoResult, 11 May 2002//EN" '
    '"http://www.ncbi.nlm.nih.gov/entrez/query/DTD/eInfo_020511.dtd">\n<eInfoResult>\n'
    "  <ERROR>Can not retrieve DbInfo for db=fleegle</ERROR>\n</eInfoResult>\n"
)
_CLAMPED = (
    "<Count>319477</Count><RetMax>9999</RetMax><RetStart>0</RetStart><IdList>\n<Id>36462125</Id>\n</IdList>"
    '<TranslationSet/><QueryTranslation>"cholesterol"[MeSH Terms] OR "cholesterol"[All Fields]</QueryTranslation>'
    "<WarningList><OutputMessage>Restrictions achieved. start and count adjusted to 0, 9999</OutputMessage>"
    "</WarningList>"
)
_NO_FIELD = (
    "<Count>870</Count><RetMax>0</RetMax><RetStart>0</RetStart><IdList/><TranslationSet/>"
    '<QueryTranslation>"lecanemab"[All Fields]</QueryTranslation>'
    "<ErrorList><FieldNotFound>NoSuchField</FieldNotFound></ErrorList>"
)
_NO_ID = "<eSummaryResult>\n\t<ERROR>Neither query_key nor id specified</ERROR>\n</eSummaryResult>\n"
_TOO_MANY = (
    '{"header":{"type":"esummary","version":"0.3"},"esummaryresult":'
    '["Too many UIDs in request. Maximum number of UIDs is 500 for JSON format output."]}\n'
)
_RATE = '{"error":"API rate limit exceeded","api-key":"203.0.113.7","count":"4","limit":"3"}\n'
_NOT_AVAILABLE = "\nid: 32816848 Error occurred: The following PMID is not available: 32816848\n"
_POSITION = "Search Backend failed: Exception:\nPosition 15000 is out of acceptable range [9999,9998]"
_NO_CONNECTION = "Search Backend failed: Unable to open connection to #PMQuerySrv?dbaf=taxonomy"
_NO_PUBMED = "Search Backend failed: Database is not supported: pubmed"
_BAD_JSON = '{"header":{"type":"esearch","version":"0.3"},"esearchresult":{"ERROR":"' + _WALL_IN_JSON + '"}}\n'
_BACKEND_COMMENT = (
    f'{doctype("eSummaryResult")}<eSummaryResult>\n<DocumentSummarySet status="OK">\n<!-- DocSum Backend failed -->\n'
    "</DocumentSummarySet>\n</eSummaryResult>\n"
)


def _answers() -> dict[str, Answer]:
    table: dict[str, tuple[str, int, str]] = {
        "efetch_empty_body_200": ("", 200, XML),
        "efetch_empty_set": (_EMPTY_SET, 200, XML),
        "efetch_out_of_range_400": (_fetched(_OUT_OF_RANGE), 400, XML),
        "efetch_timeout_200": (_fetched(_TIMEOUT), 200, XML),
        "efetch_timeout_400": (_fetched(_TIMEOUT), 400, XML),
        "efetch_unavailable_pmid": (_NOT_AVAILABLE, 200, TEXT),
        "einfo_bad_db": (_NO_DB, 200, "text/xml"),
        "elink_cxx_exception_200": (_CXX_JSON, 200, JSON),
        "esearch_db_not_supported_200": (_searched(_NO_PUBMED), 200, XML),
        "esearch_field_not_found": (_counted(_NO_FIELD), 200, XML),
        "esearch_position_out_of_range_2022": (_searched(_POSITION), 200, XML),
        "esearch_retmax_clamped": (_counted(_CLAMPED), 200, XML),
        "esearch_retstart_over_9998": (_searched(OVER_THE_WALL), 200, XML),
        "esearch_retstart_over_9998_badjson": (_BAD_JSON, 200, JSON),
        "esearch_unable_to_open_connection": (_searched(_NO_CONNECTION), 200, XML),
        "esummary_cxx_exception": (_CXX_XML, 200, XML),
        "esummary_no_id": (doctype("eSummaryResult") + _NO_ID, 200, XML),
        "esummary_too_many_uids": (_TOO_MANY, 200, JSON),
        "esummary_backend_comment": (_BACKEND_COMMENT, 200, XML),
        "history_lost_200": (_searched("Unable to obtain query #1"), 200, XML),
        "ratelimit_429": (_RATE, 429, "application/json"),
        "ratelimit_200": (_RATE, 200, "application/json"),
        "unable_to_route": (_ROUTE, 502, "text/plain"),
        "www_error_500": (_HTML, 500, HTML),
        "html_200": (_HTML, 200, HTML),
    }
    return {name: Answer(text.encode(), status, kind) for name, (text, status, kind) in table.items()}


BODIES: dict[str, Answer] = _answers()
