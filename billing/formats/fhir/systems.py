"""The code systems, identifier systems and extensions that a claim in FHIR uses, and what their codes mean here.

The first name of each is the one that is written; all of them are read.
"""

from __future__ import annotations

_X12 = "https://codesystem.x12.org/005010/"
_HL7 = "http://terminology.hl7.org/CodeSystem/"

# ------------------------------------------------------------------------------------------------- identifiers

NPI = ("http://hl7.org/fhir/sid/us-npi", "urn:oid:2.16.840.1.113883.4.6")
TAX_ID = ("urn:oid:2.16.840.1.113883.4.4",)
IDENTIFIER_TYPE = f"{_HL7}v2-0203"
MEMBER_TYPES = ("MB", "MA")
"""Member number, Medicaid number."""
TAX_TYPES = ("TAX",)
NPI_TYPES = ("NPI",)
OTHER_PROVIDER_TYPES = ("PRN",)
PAYER_TYPES = ("NIIP", "payerid")
OUTDATED_USES = ("old", "temp")

# ------------------------------------------------------------------------------------------------------- codes

HCPCS = (
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "https://bluebutton.cms.gov/resources/codesystem/hcpcs",
    f"{_HL7}HCPCS",
    "urn:oid:2.16.840.1.113883.6.285",
)
CPT = ("http://www.ama-assn.org/go/cpt", "urn:oid:2.16.840.1.113883.6.12")
PROCEDURES = (*HCPCS, *CPT)
ICD_10_CM = ("http://hl7.org/fhir/sid/icd-10-cm", "urn:oid:2.16.840.1.113883.6.90")
PLACE_OF_SERVICE = (
    "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set",
    "http://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set",
    f"{_X12}1331",
)
TAXONOMY = ("http://nucc.org/provider-taxonomy", "urn:oid:2.16.840.1.113883.6.101")

CLAIM_TYPE = f"{_HL7}claim-type"
PRIORITY = f"{_HL7}processpriority"
DIAGNOSIS_TYPE = f"{_HL7}ex-diagnosistype"
INFORMATION_CATEGORY = f"{_HL7}claiminformationcategory"
RELATED_CLAIM = f"{_HL7}ex-relatedclaimrelationship"
CARE_TEAM_ROLE = f"{_HL7}claimcareteamrole"
CARIN_ROLE = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBClaimCareTeamRole"
CARIN_INFORMATION = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBSupportingInfoType"
RECEIVED = "clmrecvddate"
PREGNANCY = ("http://loinc.org", "82810-3")
SUBSCRIBER_RELATIONSHIP = f"{_HL7}subscriber-relationship"
UCUM = "http://unitsofmeasure.org"

X12_RELATIONSHIP = f"{_X12}1069"
X12_FILING_INDICATOR = f"{_X12}1032"
X12_FREQUENCY = f"{_X12}1325"
X12_DELAY_REASON = f"{_X12}1514"
X12_UNIT_BASIS = f"{_X12}355"
X12_ENTITY = f"{_X12}98"

CARC = "https://x12.org/codes/claim-adjustment-reason-codes"
RARC = "https://x12.org/codes/remittance-advice-remark-codes"
ADJUDICATION = f"{_HL7}adjudication"
CAUSE = "urn:cleanclaim:cause"

# ------------------------------------------------------------------------------------------------- what they say

GENDERS = {"female": "F", "male": "M", "unknown": "U", "other": "U"}

RELATIONSHIPS = {"self": "18", "spouse": "01", "child": "19", "common": "53", "other": "G8", "parent": "G8"}
"""Relationship to the subscriber, to the code of the 837P; `injured` says nothing about it."""

FREQUENCIES = {
    (f"{_HL7}v3-ActRelationshipType", "RPLC"): "7",
}
"""Relationship to an earlier claim, to the frequency code of the 837P, beside X12's own codes."""

ROLES = {
    "rendering": (("primary", "rendering", "performing"), "82"),
    "supervising": (("supervisor", "supervising"), "DQ"),
    "ordering": (("ordering", "prescribing"), "DK"),
    "referring": (("referring",), "DN"),
}
"""Provider of a claim to the words for its role in the care team and to its code in X12."""

# --------------------------------------------------------------------------------------------------- extensions

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
LINE_AUTHORIZATION = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-authorizationNumber"
LINE_TRACE = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-itemTraceNumber"
START_TIME = "urn:cleanclaim:start-time"
END_TIME = "urn:cleanclaim:end-time"
GROUP_SIZE = "urn:cleanclaim:group-size"
SESSION = "urn:cleanclaim:session"
WORKER = "urn:cleanclaim:worker"
PREGNANT = "urn:cleanclaim:pregnant"
SEX = "urn:cleanclaim:sex"
"""A sex that is none of F, M and U, as it came."""
AS_SENT = "urn:cleanclaim:as-sent"
"""A value that FHIR has no way to hold, such as a day that is no day: the column's name, and its text as it came."""
