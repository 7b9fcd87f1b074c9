"""The elements of FHIR R4 (4.0.1) that a claim and what it refers to are made of: names, kinds, single or list.

`Type = elements`, an element as `name:Kind*`: without a kind it is one value, with `*` a list. `RESOURCE`, `BACKBONE`
and `ELEMENT` stand for what every type of that sort has. Compared with the published definitions by a test.
"""

from __future__ import annotations

from collections.abc import Iterator

_SHARED = {
    "BASE": "id meta:Meta implicitRules language",
    "RESOURCE": "id meta:Meta implicitRules language text:Narrative contained:Resource* extension:Extension* "
    "modifierExtension:Extension*",
    "BACKBONE": "id extension:Extension* modifierExtension:Extension*",
    "ELEMENT": "id extension:Extension*",
}
OPAQUE = frozenset({"Meta", "Narrative", "Resource", "Extension", "Opaque"})
"""Kinds whose inside is looked at only where something of it is read."""

_TABLE = """
Claim = RESOURCE identifier:Identifier* status type:CodeableConcept subType:CodeableConcept use patient:Reference
    billablePeriod:Period created enterer:Reference insurer:Reference provider:Reference priority:CodeableConcept
    fundsReserve:CodeableConcept related:ClaimRelated* prescription:Reference originalPrescription:Reference
    payee:ClaimPayee referral:Reference facility:Reference careTeam:ClaimCareTeam* supportingInfo:ClaimSupportingInfo*
    diagnosis:ClaimDiagnosis* procedure:ClaimProcedure* insurance:ClaimInsurance* accident:ClaimAccident
    item:ClaimItem* total:Money
Identifier = ELEMENT use type:CodeableConcept system value period:Period assigner:Reference
CodeableConcept = ELEMENT coding:Coding* text
Coding = ELEMENT system version code display userSelected
Period = ELEMENT start end
Reference = ELEMENT reference type identifier:Identifier display
ClaimRelated = BACKBONE claim:Reference relationship:CodeableConcept reference:Identifier
ClaimPayee = BACKBONE type:CodeableConcept party:Reference
ClaimCareTeam = BACKBONE sequence provider:Reference responsible role:CodeableConcept qualification:CodeableConcept
ClaimSupportingInfo = BACKBONE sequence category:CodeableConcept code:CodeableConcept timingDate timingPeriod:Period
    valueBoolean valueString valueQuantity:Quantity valueAttachment:Attachment valueReference:Reference
    reason:CodeableConcept
Quantity = ELEMENT value comparator unit system code
Attachment = ELEMENT contentType language data url size hash title creation
ClaimDiagnosis = BACKBONE sequence diagnosisCodeableConcept:CodeableConcept diagnosisReference:Reference
    type:CodeableConcept* onAdmission:CodeableConcept packageCode:CodeableConcept
ClaimProcedure = BACKBONE sequence type:CodeableConcept* date procedureCodeableConcept:CodeableConcept
    procedureReference:Reference udi:Reference*
ClaimInsurance = BACKBONE sequence focal identifier:Identifier coverage:Reference businessArrangement preAuthRef*
    claimResponse:Reference
ClaimAccident = BACKBONE date type:CodeableConcept locationAddress:Address locationReference:Reference
Address = ELEMENT use type text line* city district state postalCode country period:Period
ClaimItem = BACKBONE sequence careTeamSequence* diagnosisSequence* procedureSequence* informationSequence*
    revenue:CodeableConcept category:CodeableConcept productOrService:CodeableConcept modifier:CodeableConcept*
    programCode:CodeableConcept* servicedDate servicedPeriod:Period locationCodeableConcept:CodeableConcept
    locationAddress:Address locationReference:Reference quantity:Quantity unitPrice:Money factor net:Money
    udi:Reference* bodySite:CodeableConcept subSite:CodeableConcept* encounter:Reference* detail:ClaimItemDetail*
Money = ELEMENT value currency
ClaimItemDetail = BACKBONE sequence revenue:CodeableConcept category:CodeableConcept productOrService:CodeableConcept
    modifier:CodeableConcept* programCode:CodeableConcept* quantity:Quantity unitPrice:Money factor net:Money
    udi:Reference* subDetail:ClaimItemDetailSubDetail*
ClaimItemDetailSubDetail = BACKBONE sequence revenue:CodeableConcept category:CodeableConcept
    productOrService:CodeableConcept modifier:CodeableConcept* programCode:CodeableConcept* quantity:Quantity
    unitPrice:Money factor net:Money udi:Reference*
Patient = RESOURCE identifier:Identifier* active name:HumanName* telecom:ContactPoint* gender birthDate
    deceasedBoolean deceasedDateTime address:Address* maritalStatus:CodeableConcept multipleBirthBoolean
    multipleBirthInteger photo:Attachment* contact:PatientContact* communication:PatientCommunication*
    generalPractitioner:Reference* managingOrganization:Reference link:PatientLink*
HumanName = ELEMENT use text family given* prefix* suffix* period:Period
ContactPoint = ELEMENT system value use rank period:Period
PatientContact = BACKBONE relationship:CodeableConcept* name:HumanName telecom:ContactPoint* address:Address gender
    organization:Reference period:Period
PatientCommunication = BACKBONE language:CodeableConcept preferred
PatientLink = BACKBONE other:Reference type
RelatedPerson = RESOURCE identifier:Identifier* active patient:Reference relationship:CodeableConcept* name:HumanName*
    telecom:ContactPoint* gender birthDate address:Address* photo:Attachment* period:Period
    communication:RelatedPersonCommunication*
RelatedPersonCommunication = BACKBONE language:CodeableConcept preferred
Coverage = RESOURCE identifier:Identifier* status type:CodeableConcept policyHolder:Reference subscriber:Reference
    subscriberId beneficiary:Reference dependent relationship:CodeableConcept period:Period payor:Reference*
    class:CoverageClass* order network costToBeneficiary:CoverageCostToBeneficiary* subrogation contract:Reference*
CoverageClass = BACKBONE type:CodeableConcept value name
CoverageCostToBeneficiary = BACKBONE type:CodeableConcept valueQuantity:Quantity valueMoney:Money
    exception:CoverageCostToBeneficiaryException*
CoverageCostToBeneficiaryException = BACKBONE type:CodeableConcept period:Period
Practitioner = RESOURCE identifier:Identifier* active name:HumanName* telecom:ContactPoint* address:Address* gender
    birthDate photo:Attachment* qualification:PractitionerQualification* communication:CodeableConcept*
PractitionerQualification = BACKBONE identifier:Identifier* code:CodeableConcept period:Period issuer:Reference
PractitionerRole = RESOURCE identifier:Identifier* active period:Period practitioner:Reference organization:Reference
    code:CodeableConcept* specialty:CodeableConcept* location:Reference* healthcareService:Reference*
    telecom:ContactPoint* availableTime:PractitionerRoleAvailableTime* notAvailable:PractitionerRoleNotAvailable*
    availabilityExceptions endpoint:Reference*
PractitionerRoleAvailableTime = BACKBONE daysOfWeek* allDay availableStartTime availableEndTime
PractitionerRoleNotAvailable = BACKBONE description during:Period
Organization = RESOURCE identifier:Identifier* active type:CodeableConcept* name alias* telecom:ContactPoint*
    address:Address* partOf:Reference contact:OrganizationContact* endpoint:Reference*
OrganizationContact = BACKBONE purpose:CodeableConcept name:HumanName telecom:ContactPoint* address:Address
Location = RESOURCE identifier:Identifier* status operationalStatus:Coding name alias* description mode
    type:CodeableConcept* telecom:ContactPoint* address:Address physicalType:CodeableConcept position:LocationPosition
    managingOrganization:Reference partOf:Reference hoursOfOperation:LocationHoursOfOperation* availabilityExceptions
    endpoint:Reference*
LocationPosition = BACKBONE longitude latitude altitude
LocationHoursOfOperation = BACKBONE daysOfWeek* allDay openingTime closingTime
Condition = RESOURCE identifier:Identifier* clinicalStatus:CodeableConcept verificationStatus:CodeableConcept
    category:CodeableConcept* severity:CodeableConcept code:CodeableConcept bodySite:CodeableConcept*
    subject:Reference encounter:Reference onsetDateTime onsetAge:Age onsetPeriod:Period onsetRange:Range onsetString
    abatementDateTime abatementAge:Age abatementPeriod:Period abatementRange:Range abatementString recordedDate
    recorder:Reference asserter:Reference stage:ConditionStage* evidence:ConditionEvidence* note:Annotation*
Age = ELEMENT value comparator unit system code
Range = ELEMENT low:Quantity high:Quantity
ConditionStage = BACKBONE summary:CodeableConcept assessment:Reference* type:CodeableConcept
ConditionEvidence = BACKBONE code:CodeableConcept* detail:Reference*
Annotation = ELEMENT authorReference:Reference authorString time text
ClaimResponse = RESOURCE identifier:Identifier* status type:CodeableConcept subType:CodeableConcept use
    patient:Reference created insurer:Reference requestor:Reference request:Reference outcome disposition preAuthRef
    preAuthPeriod:Period payeeType:CodeableConcept item:ClaimResponseItem* addItem:ClaimResponseAddItem*
    adjudication:ClaimResponseItemAdjudication* total:ClaimResponseTotal* payment:ClaimResponsePayment
    fundsReserve:CodeableConcept formCode:CodeableConcept form:Attachment processNote:ClaimResponseProcessNote*
    communicationRequest:Reference* insurance:ClaimResponseInsurance* error:ClaimResponseError*
ClaimResponseItem = BACKBONE itemSequence noteNumber* adjudication:ClaimResponseItemAdjudication*
    detail:ClaimResponseItemDetail*
ClaimResponseItemAdjudication = BACKBONE category:CodeableConcept reason:CodeableConcept amount:Money value
ClaimResponseItemDetail = BACKBONE detailSequence noteNumber* adjudication:ClaimResponseItemAdjudication*
    subDetail:ClaimResponseItemDetailSubDetail*
ClaimResponseItemDetailSubDetail = BACKBONE subDetailSequence noteNumber* adjudication:ClaimResponseItemAdjudication*
ClaimResponseAddItem = BACKBONE itemSequence* detailSequence* subdetailSequence* provider:Reference*
    productOrService:CodeableConcept modifier:CodeableConcept* programCode:CodeableConcept* servicedDate
    servicedPeriod:Period locationCodeableConcept:CodeableConcept locationAddress:Address locationReference:Reference
    quantity:Quantity unitPrice:Money factor net:Money bodySite:CodeableConcept subSite:CodeableConcept* noteNumber*
    adjudication:ClaimResponseItemAdjudication* detail:ClaimResponseAddItemDetail*
ClaimResponseAddItemDetail = BACKBONE productOrService:CodeableConcept modifier:CodeableConcept* quantity:Quantity
    unitPrice:Money factor net:Money noteNumber* adjudication:ClaimResponseItemAdjudication*
    subDetail:ClaimResponseAddItemDetailSubDetail*
ClaimResponseAddItemDetailSubDetail = BACKBONE productOrService:CodeableConcept modifier:CodeableConcept*
    quantity:Quantity unitPrice:Money factor net:Money noteNumber* adjudication:ClaimResponseItemAdjudication*
ClaimResponseTotal = BACKBONE category:CodeableConcept amount:Money
ClaimResponsePayment = BACKBONE type:CodeableConcept adjustment:Money adjustmentReason:CodeableConcept date
    amount:Money identifier:Identifier
ClaimResponseProcessNote = BACKBONE number type text language:CodeableConcept
ClaimResponseInsurance = BACKBONE sequence focal coverage:Reference businessArrangement claimResponse:Reference
ClaimResponseError = BACKBONE itemSequence detailSequence subDetailSequence code:CodeableConcept
Bundle = BASE identifier:Identifier type timestamp total link:BundleLink* entry:BundleEntry* signature:Opaque
BundleLink = BACKBONE relation url
BundleEntry = BACKBONE link:BundleLink* fullUrl resource:Resource search:BundleEntrySearch request:BundleEntryRequest
    response:BundleEntryResponse
BundleEntrySearch = BACKBONE mode score
BundleEntryRequest = BACKBONE method url ifNoneMatch ifModifiedSince ifMatch ifNoneExist
BundleEntryResponse = BACKBONE status location etag lastModified outcome:Resource
"""


def _shapes() -> Iterator[tuple[str, dict[str, tuple[str | None, bool]]]]:
    for entry in _TABLE.replace("\n    ", " ").strip().splitlines():
        name, _, elements = entry.partition(" = ")
        words = " ".join(_SHARED.get(word, word) for word in elements.split()).split()
        parted = [(*word.removesuffix("*").partition(":"), word.endswith("*")) for word in words]
        yield name, {element: (kind or None, is_list) for element, _, kind, is_list in parted}


SHAPES = dict(_shapes())
"""Type to its elements in published order: name to (kind, or null for one value; whether it is a list)."""
