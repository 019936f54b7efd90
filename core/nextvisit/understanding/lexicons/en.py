"""English: British, Irish, American. Apostrophes are gone: `ill` is I'll and ill, `well` we'll and well."""

from __future__ import annotations

from typing import Final

from nextvisit.understanding.lexicon import Lexicon, TimeWords

TIME = TimeWords(
    not_time=(
        "nice evening",
        "lovely evening",
        "great evening",
        "nice weekend",
        "great weekend",
        "nice afternoon",
        "in the morning all",
        *(f"{good} {part}" for good in ("good", "gd") for part in ("morning", "afternoon", "evening", "day")),
        *("morning all", "we'd", "maybe", "may be", "may i", "sun cream", "marry", "marks"),
    ),
    weekdays={
        "monday": 0,
        "tuesday": 1,
        "wednesday": 2,
        "thursday": 3,
        "friday": 4,
        "saturday": 5,
        "sunday": 6,
    }
    | {"mon": 0, "mons": 0, "tue": 1, "tues": 1, "wed": 2, "weds": 2, "thu": 3, "thur": 3, "thurs": 3}
    | {"fri": 4, "fris": 4, "sat": 5, "sats": 5, "sun": 6, "wendesday": 2, "wensday": 2, "wedensday": 2},
    months={"january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8}
    | {"september": 9, "october": 10, "november": 11, "december": 12, "jan": 1, "feb": 2, "mar": 3, "apr": 4}
    | {"jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11, "dec": 12},
    relative={"day after tomorrow": 2, "day after tomorow": 2, "day after tmrw": 2, "day after tomoz": 2}
    | {"tomorrow": 1, "tomorow": 1, "tommorow": 1, "tommorrow": 1, "tomorro": 1, "tmrw": 1, "tmw": 1}
    | {"tomoz": 1, "tomo": 1, "2moro": 1, "2morrow": 1, "2mro": 1, "tmoz": 1, "tmorrow": 1, "tomora": 1}
    | {"today": 0, "2day": 0, "tonight": 0, "2nite": 0, "tonite": 0},
    within=("in", "within", "in about", "in around", "in like", "in another", "in the next"),
    units={"day": 1, "days": 1, "week": 7, "weeks": 7, "wk": 7, "wks": 7, "fortnight": 14}
    | {"month": 30, "months": 30, "mth": 30, "mths": 30},
    numbers={"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
    | {"eight": 8, "nine": 9, "ten": 10, "couple of": 2, "a couple of": 2, "couple": 2, "a couple": 2}
    | {"a few": 3, "few": 3},
    following=("next", "nxt", "next week", "next week on", "nxt week"),
    week=("week", "wk"),
    next_but_one=("week after next", "wk after next", "next but one week", "week after nxt"),
    parts={
        "morn": "morning",
        "first thing": "morning",
        "noon": "midday",
        "midday": "midday",
        "mid day": "midday",
        "lunch": "midday",
        "after lunch": "afternoon",
        "afternoon": "afternoon",
        "arvo": "afternoon",
        "pm": "afternoon",
        "evening": "evening",
        "after work": "evening",
        "after school": "afternoon",
        "tonight": "evening",
        "tonite": "evening",
    },
    at=("at", "around", "at about", "at around", "round", "at round", "at abt", "for about", "approx"),
    after=("after", "from", "past", "not before", "no earlier than", "later than", "any time after"),
    before=("before", "until", "till", "til", "by", "not after", "no later than", "earlier than"),
    hour_units=("am", "pm", "oclock", "o clock", "h", "hrs", "on"),
    half=("half past", "half", "halfpast"),
    half_is_before=False,
    quarter_past=("quarter past", "quarter after", "qtr past", "a quarter past"),
    quarter_to=("quarter to", "quarter till", "quarter til", "quarter of", "qtr to", "a quarter to"),
    # Those with a negation in them only agree: they do not exclude the day beside which they stand.
    split=(
        *("but", "how about", "what about", "prefer"),
        *("no problem", "no problems", "no prob", "no probs", "no bother", "no worries", "no issue"),
        *("cant wait", "not a problem", "not a bother", "no problem at all", "dont mind"),
    ),
    negation=(
        *("anything but", "any day but", "any time but", "anytime but", "every day but", "all but"),
        *("not", "no", "none", "cant", "cannot", "cnt", "wont", "dont", "dnt", "doesnt", "didnt", "isnt"),
        *("arent", "wasnt", "wouldnt", "couldnt", "shouldnt", "havent", "aint", "amnt", "except", "never"),
        *("unable", "impossible", "nope", "nah", "nae", "cannae", "cany", "anything but", "apart from"),
        *("can t", "don t", "won t", "doesn t", "bar", "neither", "nor", "rather than", "instead of"),
    ),
    hours={"eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "one": 13, "two": 14, "three": 15}
    | {"four": 16, "five": 17, "six": 18, "seven": 19, "noon": 12, "midday": 12},
)

_CLOSE: Final = (
    "son|sons|daughter|daughters|child|kid|kids|children|baby|mum|mums|mother|mothers|mom|moms|mam|mammy"
    "|mummy|dad|dads|father|fathers|daddy|da|ma|husband|husbands|hubby|wife|wifes|partner|partners|brother"
    "|brothers|sister|sisters|gran|granny|grandma|nan|nana|nanny|grandad|granda|grandfather|grandmother"
    "|grandson|granddaughter|aunt|auntie|uncle|parents|boyfriend|girlfriend|fiance|fiancee|missus|fella"
    "|friend|mate|neighbour|neighbor|nephew|niece|cousin|boy|girl|lad|toddler|teenager"
)
_SHE: Final = f"he|she|they|hes|shes|mr|mrs|ms|patient|who|{_CLOSE}"
_DONT: Final = "dont|dnt|don't|never"
_SEND: Final = (
    "texting|txting|messaging|msging|writing|sending|contacting|calling|ringing|phoning|emailing|mailing"
    "|bothering|harassing|spamming|pestering|annoying|hassling|disturbing|bugging|reminding|notifying"
    "|inviting|whatsapping|txtin|textin|callin|messagin|ringin|sendin|botherin|writin"
)
_MESSAGES: Final = (
    "texts|text|messages|message|msgs|msg|txts|sms|smses|spam|emails|email|mails|reminders|reminder|calls"
    "|notifications|invites|invitations|invitation|communications|communication|correspondence|marketing"
    "|promotions|promos|adverts|ads|offers|alerts|newsletters|newsletter|updates|junk|crap|rubbish|shit|shite"
)
_PILLS: Final = (
    "pills|tablets|paracetamol|ibuprofen|aspirin|tylenol|meds|medication|medicine|painkillers|sleeping"
    "|antidepressants|diazepam|valium|codeine|morphine|insulin|opioids|fentanyl|heroin"
)
_FINE: Final = (
    "fine|good|great|ok|okay|okey|oki|perfect|grand|lovely|brilliant|brill|ideal|super|excellent|wonderful"
    "|fab|fabulous|best|alright|cool|amazing|suitable|convenient|deadly|sound|handy|spot|easiest|awesome"
)

LEXICON = Lexicon(
    language="en",
    script="latin",
    urgent=(
        "everyone|everybody|all|they|family ... better off",
        "better off when|once|if im|i ... gone|dead",
        "pills|tablets|meds ... lined up|ready|counted",
        "lined up ... pills|tablets",
        "broke|broken|fractured ... hip|leg|back|neck|pelvis|spine",
        "cant|cannot|couldnt get up",
        "fallen|fell & cant|cannot ... up",
        "send|need|get ... help now|urgently|please|quick",
        "help me",
        "blood sugar ... 2|1|low|3|dropped",
        "hypo|hypoglyc*",
        "about to die|pass|collapse|faint",
        "jump off|from|in",
        "i hurt myself",
        "by the time you read",
        "my last message",
        "tired of life",
        "fell|fallen|collapsed & not|isnt|wont answering|responding|moving|waking|getting",
        "isnt answering|responding ... fell",
        "swallowed|taken|took|ate ... pills|tablets",
        "cannot|cant see ... one|my|his|her|either eye|eyes",
        "suddenly & blind|cannot see|cant see",
        "stabbing|sharp|bad|awful|terrible ... pain|pains ... heart|chest",
        "wrong|problem ... my|his|her heart",
        "farewell|goodbye & end of me|forever|everyone",
        "this is the end of me",
        "turning|gone|going blue",
        "kill|kil|hurt|harm|cut|shoot|stab|hang|drown myself|mysef|meself|myslf",
        "kill|kil|hurt|harm|cut my|mi|me self",
        "dont|not want ... do this ... anymore|more",
        "tired|sick of living|existing",
        "chestpain*|chestpains|cantbreathe|heartattack*|overdoes|overdosing",
        "heart atack|attak|attck",
        "kil|killin|hurting|cutting|harming|harmed|hurted myself",
        "just|i|have|ive cut|hurt|harmed myself",
        "k1ll mys3lf|myself",
        "sucide*|suiside|suicde|suicid|suside|suacide|unalive",
        "strok|siezure|seziure|unconcious|unconsious|bleading|ambulence|ambulanc|emergancy",
        "tired|sick of being here|alive",
        "ill|will|gonna|to be dead",
        "where im going ... wont|wouldnt|dont need",
        "wont|dont need ... where im going",
        "giving|given|gave my things|stuff|belongings|possessions away",
        "keep myself safe",
        "im|i|am not safe",
        "voices tell*|telling|say*|saying me|to",
        "i|im ... going|gonna to jump",
        "i|ive|have ... a gun|rope|noose",
        "world|everyone|they ... lighter|better ... wasnt|werent|without",
        "no future & better|me|left",
        "think|thinking about|of ending it|things|everything|my",
        "wont|not be around|alive by",
        "wont|will not be around|here & goodbye|anymore|longer|decided",
        "decided|going|planning|want|wanna|gonna ... end it",
        "end it all|tonight|today",
        "standing|stood|sitting|sat|im ... bridge|ledge|rooftop|roof|tracks",
        "goodbye forever|everyone|world",
        "black|tarry & stool|stools|poo|poop|poos",
        "cold sweat|sweats",
        "sugar|glucose & 20|25|28|30|400|450|500|600",
        "isnt|not|wont|doesnt moving|responding|waking|respond|wake|move",
        "swallowed|drank|drunk|eaten & bleach|battery|batteries|cleaner|detergent|magnet|magnets|coin|antifreeze|capsule",
        # Heart and breath
        "chest & pain|pains|painful|hurt|hurts|hurting|tight|tightness|tightening|pressure|crushing|burning",
        (
            "chest & squeezing|squeezed|heavy|heaviness|ache|aches|aching|stabbing|sore|pressing"
            "|discomfort|crushed"
        ),
        "chest & weight|elephant|cramp|cramps|cramping|burns|killing",
        "burning|pain|pressure ... breastbone|sternum",
        "heart attack",
        (
            "heart|pulse & racing|fast|skipping|jumping|thumping|beating|pounding|stopped|stopping"
            "|fluttering|failing|irregular"
        ),
        "palpitations|angina",
        "left arm & pain|pains|painful|hurts|hurting|ache|aches|aching|heavy|tingling",
        (
            "cant|cannot|cnt|hardly|barely|unable|not|struggling|struggle|struggles|trouble|difficulty"
            "|difficult & breath|breathe|breathing|breath|breathin|breth"
        ),
        (
            "hard|hardly|stopped|shallow|gasping|laboured|short|shortness|out|isnt|problems ... breath"
            "|breathe|breathing|air"
        ),
        "breathless|breathlessness",
        "breathing & hard|difficult|bad|worse|worsening|stopped|funny|rapid",
        "cant|cannot|not get|catch|draw ... breath|air",
        "asthma attack",
        "wheez*",
        "inhaler & not|isnt|doesnt|empty|working|helping",
        "pain|pains|ache|numbness & jaw",
        "pain|pains|shooting ... down|in my|the|left|both ... arm|arms",
        "chest pian|pane|pains|pian|paine|pein",
        "trubble|troble|toruble|dificulty|difficulties & breath|breathing|breathe|breth|breathin",
        "cant|cannot|unable|cnt|not swallow",
        "unable to swallow|breathe",
        "drooling",
        "choking|choked|suffocat*",
        "lips|face|fingers & blue",
        "turned|turning|gone|going blue",
        # Blood
        "bleeding|bleedin|haemorrhag*|hemorrhag*",
        (
            "blood & vomit|vomiting|vomited|throwing|threw|throw|puking|puked|sick|coughing|coughed|cough"
            "|spitting"
        ),
        "blood & spat|stool|stools|poo|poop|urine|pee|peeing|wee|toilet|lots|losing|loads|everywhere|pouring",
        "blood & clots|gushing|nose|mouth|passing|passed|dripping|stop",
        "black|tarry|bloody|red stool|stools|poo|poop|vomit|faeces",
        "tarry",
        "cant|cannot|not|wont stop vomiting|bleeding|throwing|being|shaking|puking",
        "lot|lots|pool of blood",
        "blood & wound|cut|coming",
        "nosebleed*",
        "nose bleed|bleeds|bled",
        # Stroke
        "stroke",
        "face|mouth|smile|eyelid|side & droop*|drooped|fallen|dropped|lopsided|slumped|sagging|crooked",
        "face|arm|arms|leg|legs|side|hand|hands|body|fingers & numb|numbness|paralysed|paralyzed",
        "gone|went|going|feel|feels|feeling numb",
        "arm|arms|leg|legs|side|hand & weak|weakness|limp",
        "cant|cannot|not move|feel|lift ... arm|arms|leg|legs|side|hand|hands|face|body|feet|foot",
        "slurring|slurred",
        "speech & gone|lost|trouble|garbled|weird|funny|strange",
        "cant|cannot speak|talk|see properly|clearly|suddenly",
        "suddenly & cant|blind|weak|confused|speech|vision|sight|dizzy|collapsed",
        "lost|losing|lose ... vision|sight|speech",
        "gone|going blind",
        "vision|sight|eyesight & black|gone|went|curtain|disappeared|suddenly|double",
        "talking gibberish|nonsense",
        "head & splitting|exploding|explode|bursting",
        "loss of vision|sight|speech|feeling|consciousness|balance",
        "paralys*|paralyz*",
        # Consciousness
        "passed|passing|pass|blacked|blacking|black out",
        "blackout|blackouts",
        "fainted|fainting",
        "feel|feels|feeling|felt faint",
        "collapsed|collapsing",
        "unconscious|unresponsive|unconsciousness",
        "wont|not|cant wake|responding|waking up",
        "not responding",
        "seizure*|convuls*|epileptic",
        "having|had|has|have a fit",
        "having fits",
        # Allergy, poison, burns
        "anaphyla*|epipen",
        "allergic reaction|shock",
        "throat|tongue|lips|airway & swell|swelling|swollen|swelled|closing|closed|tight|tightening|blocked",
        "face & swelling|swollen|swelled",
        "overdos*|od|oded",
        (
            "took|taken|taking|swallowed|swallow|take ... all|whole|many|loads|lots|bottle|box|packet"
            f"|pack|handful|bunch|every|full ... {_PILLS}"
        ),
        f"{_PILLS} & overdose|die|kill|lethal|fatal|forever",
        "too many pills|tablets|paracetamol|painkillers|sleeping",
        "poison|poisoned|poisoning",
        (
            "swallowed|swallow|drank|drunk|ate ... bleach|battery|batteries|chemical|chemicals|magnet"
            "|magnets|glass|antifreeze|detergent|button|coin|needle"
        ),
        "severe|severely|bad|badly|serious|seriously|degree|chemical|acid burn|burns|burnt|burned",
        "burnt|burned|burn|scald my|his|her|the hand|hands|face|arm|leg|foot|back|myself|skin|mouth|eye|eyes",
        "scalded|scalding|electrocuted",
        "boiling water & face|arm|leg|skin|over",
        # Head, fever, child, pregnancy
        "worst|thunderclap|splitting|severe|unbearable|sudden|explosive|blinding ... headache|migraine",
        "worst ... head|pain",
        "headache & stiff|worst|vomiting|vision|confused|life",
        "stiff neck & fever|headache|temperature|rash|light",
        (
            "baby|babys|newborn|infant|babies & fever|temperature|temp|limp|floppy|lethargic|rash|moving"
            "|kicking|39|40|41"
        ),
        "weeks|week|months|month|mth|wk old & fever|temperature|temp|floppy|limp|vomiting",
        "high|raging|40|41 ... fever|temperature & baby|toddler|child|son|daughter|convulsion|confused|rash",
        "fever|temperature & 40|41|confused|stiff|delirious",
        "rash & glass|fade|fever|purple",
        "mening*|sepsis|septic",
        "waters|water broke|broken|breaking|gone|burst",
        "waters ... broke|broken|gone|burst",
        "contractions",
        "in|into labour|labor",
        "pregnant & bleed|bled|spotting|blood|cramps|cramping|pain|pains|moving",
        "miscarr*|miscarriage",
        "severe|unbearable|excruciating|agonising|agonizing|extreme|intense ... pain|pains",
        "pain & unbearable|excruciating|severe|agonising",
        "in|absolute agony",
        # Help at once
        "ambulance",
        "emergency",
        "call|called|calling|ring|rang|dial|dialled 999|911|112",
        "rushed to|into",
        "been|got|was stabbed|shot",
        "is|shes|hes|im|am|were dying",
        # Wants to die
        "suicid*|unalive",
        "killing|kill|harming|harm|hanging|hang|shoot|drown|cutting|starve|slit|stab|top|off|end myself",
        (
            "want|wanna|going|gonna|might|will|ill|need|thinking|think|urge|feel|scared ... hurt|hurting"
            "|cut myself"
        ),
        "been|keep|started|keeps hurting|cutting|burning myself",
        "hurt|cut|burned|burnt myself again|badly|tonight|deliberately|purpose",
        "harm|harmed myself",
        "razor|noose|blade|knife|gun|rope & use|myself|wrists|ready",
        "out of this|my life|world",
        "tell ... love|loved|loves them|him|her|you goodbye|bye",
        "tell my ... love|loved them|him|her",
        "self harm*",
        "selfharm*",
        "end|ending|take|taking|took ... my|own life",
        "end|ending it all|tonight|forever",
        "ended it all",
        "want|wanna|going|gonna|ready|plan|planning ... end it|everything",
        "slit|cut|cutting|slitting my wrists|wrist",
        "want|wanna|wants|wish|hope|ready|rather|let|like ... die",
        "just|could|gonna|should|id|better|going to die|be dead",
        "want|wanna|rather|wish ... be|was|were dead|gone forever",
        "wish|wished ... never born|wake|existed",
        "wish ... wasnt|werent here|alive|born",
        "wish ... dead",
        "dont|dnt|not|longer|cant|never want|wanna|wish|wanting|feel|see ... live|living|exist|alive|life",
        "dont|dnt|not|longer want|wanna|wish|wanting ... be here|around anymore|any|longer|no",
        "dont|dnt|not|longer want|wanna ... be here|alive",
        "dont|dnt|not want|wanna ... go on|wake up",
        "dont|dnt|not want|wanna ... wake up",
        "dont|dnt|not want|wanna ... exist*|continue|carry on living|anymore|like",
        "cant|cannot|not go on",
        "cant|cannot|not carry on living|like|anymore|any",
        "cant|cannot|not|cnt cope",
        "cant|cannot|not take it|this anymore|any|much",
        "cant|cannot|cnt|not take|do|bear|stand it|this|life anymore",
        "cant|cannot|cnt|not take|do|bear|stand it|this|life any|much longer|more",
        "cant|cannot|not live like|anymore|any|this|without",
        "better off dead",
        "easier|better|rather|want|like|happier|wish ... be dead",
        "do|doing something stupid|drastic",
        "better off without me|us",
        "better|happier|easier ... without me",
        (
            "better|happier|easier|best if i|im wasnt|werent|died|dead|gone|disappeared|didnt ... here"
            "|around|alive|exist|born"
        ),
        "better|happier|easier|best if i|im died|dead|gone|disappeared",
        "if i was|were|wasnt|am dead|gone|alive|around",
        "no|any|a|the point|reason in|to|of living|live|life|being|going|existing|carry|go|carrying",
        "no point anymore|any",
        "nothing|nothin ... live for",
        "nothing left for me",
        "tired|sick|done|fed|had enough|enough ... living|life|alive|existing",
        "life|lifes|living & worth|worthless|pointless|meaningless|unbearable",
        "given|giving|give|gave up on life|living|everything|myself",
        "dont|cant|cannot|no|not see ... future",
        "dont|cant|cannot|no|not see ... way out|forward|past|through",
        "cant|cannot|dont|not imagine|see|picture myself living|alive|being",
        "no way out",
        "dont|cant|not see ... point anymore|any",
        "dont|cant|not see the|any|a|much point in|of anything|life|living|going|being",
        "nobody|noone|one would|will|wd miss|care|notice if|me|when|i",
        "disappear|vanish|sleep forever|permanently",
        "want|wanna|wish ... disappear|vanish",
        "never wake up",
        "want|need it|this|everything all to end|stop|be",
        "want|need ... pain|it|everything|this|all to stop|end|be over",
        "goodbye letter|note|forever|cruel|world|everyone|everybody",
        "written|wrote|writing ... goodbye",
        "this|it is|my goodbye",
        "jump|jumping|jumped off|under|front",
        "jump|jumping|jumped in front",
        "wont|not be alive|around much|anymore|longer",
        "hate my life|myself|being alive",
        "hopeless|worthless ... life|alive|anymore|everything",
        # Violence
        (
            "husband|wife|partner|boyfriend|girlfriend|bf|gf|ex|he|she|dad|father|mum|mother|son|brother"
            "|stepdad|hubby ... hits|hit|hitting|beats|beat|beating|punched|punches|punching|strangled"
            "|strangles|choked|chokes|kicked|kicks|slapped|slaps|attacked|attacks|raped|hurts|abuses"
            "|abused|threatens|threatened ... me|us|her|mum|mam|mom|kids|children"
        ),
        "violent|abusive|aggressive & partner|husband|boyfriend|ex|scared|home|he|dad|father|wife|son|hes",
        "beaten|beating|hit me up",
        "being|been|am|was|get|getting beaten|abused|assaulted|raped|attacked|strangled|hit",
        "threatening|threatened|threatens me|us|her",
        "pushed|pushes|threw|throws|shoved|dragged me|her down|against|into|across",
        "domestic violence|abuse",
        "raped|rapes",
        "sexually assaulted|abused",
        "scared|afraid|frightened|terrified of my|him|her husband|wife|partner|boyfriend|ex|dad|father",
        "scared|afraid|frightened|terrified of him",
        "not|dont|isnt feel|safe ... at|in home|house",
        "going|gonna|threatened|threatening|trying|wants ... kill me|us",
    ),
    not_urgent=(
        "emergency number|contact|contacts|exit|department|plumber|dentist",
        "kms away|from|too",
        "not want to do this|the survey|questionnaire|form|by|over|online|on",
        "had a fit of|laughing|laughter|giggles",
        "no chest pain|pains",
        "chest of drawers",
        "chest press|infection|freezer|hair",
        "dying to|for",
        "dying of|with|from curiosity|laughter|boredom|embarrassment|laughing|shame|hunger|thirst|heat",
        "dying here lol",
        "die of|from|with laughter|laughing|curiosity|boredom|embarrassment|shame|happy",
        "die for",
        "to die laughing",
        "kill me if|for|when",
        (
            "bleeding|bleedin expensive|hell|obvious|cold|heart|late|useless|joke|phone|texts|messages"
            "|awful|rip|edge|cheek|idiots|annoying|ridiculous|typical|thing|love|spam|cheapskates|dear"
            "|robbery|money|brilliant|disgrace|nuisance|marvellous|delicious|great|lovely|text"
        ),
        "bleeding me|us|you dry",
        (
            "gave|give|giving|gives|nearly ... heart attack when|seeing|reading|looking|with|at the price"
            "|prices|bill"
        ),
        "heart attack when|after i|we saw|seen|read|got|looked|opened|heard",
        "heart attack seeing|reading|looking",
        "gave|give|gives|giving|given ... heart attack",
        "heart attack at|from the|your|those|that price|prices|cost|bill",
        "stroke of luck|genius|midnight",
        "stroke my|the|your|ego|dog|cat",
        "hold|holding|waste|wasting|save|held ... breath",
        "breath of fresh air",
        "takes|took ... breath away",
        (
            "blood test|tests|pressure|results|result|group|type|work|sugar|donor|form|sample|samples"
            "|taken|orange|count|relative|thinners|donation|bath|bloods"
        ),
        "food poison*|poisoning",
        "not|no|isnt|wasnt ... emergency",
        "emergency dentist|contact|exit|plumber|appointment",
        "had|having|have a fit when|over|about|at",
        "had|having|have a fit laughing",
        "sudden urge",
        "painfully|crushing defeat",
        "killing|kill time",
        "jump at|on|through|in|off the|it|chance|call|phone",
        "jump off the phone",
        "passed|pass out leaflets|copies",
        "black out curtains|blinds",
        "paralysed with indecision",
        "choking on the|your price|prices",
        "choked up",
        "rushed to|into decision|work|get|catch|reply|answer|it|anything|things",
        "end my contract",
        "suicide squad",
        "cant|cannot live without my|the|tea|coffee|phone",
        "hit me up|with",
        "rather die than",
        "labour party",
        "water|waters gone|broken off|down|boiler|pipe",
        "water pipe*",
        "no point in|of going|being back|there|away",
        "burn rubber",
        "feeling numb bum",
        "emergency work|call|meeting|at",
        "cant|cannot take this|it any|anymore time|slot",
        "cant|cannot do this one|time|day|any later|earlier",
        "top myself up",
        "wait|cant wait to live",
        "dont|not want to live in|so|near|there",
        "dont|not see any|a reason",
    ),
    deceased=(
        "has|have|had|is passed",
        "passed on|away",
        "pased|past away",
        "not alive",
        "departed this|from",
        "killed in ... accident|crash|action",
        "gone|went|is|up to|in heaven",
        "passed to|on the other side",
        "died",
        "deceased",
        f"{_SHE}|is|are|was|were|been|already|now dead",
        "dead and|since|now|for buried|years|months|last|weeks",
        "passed|past|passing away",
        f"{_SHE} ... passed|past last|yesterday|suddenly|peacefully|this|a|today|recently|over|during|in|on",
        "has|have|had|hes|shes sadly|recently|just|since|now|unfortunately passed",
        "sadly passed",
        f"{_SHE} passed",
        "passed last|this year|month|week|night|summer|winter|spring|autumn|christmas|easter|january|march",
        "no longer with|among us",
        "no longer alive|living|lives",
        "not|isnt|arent|aint with us anymore|any|now",
        "not|isnt|arent|aint alive|living anymore|any",
        f"{_SHE} isnt|not alive",
        "is|not|isnt not|longer alive",
        "buried him|her|my|them|mum|dad|mam|our",
        "was|were|been|is|being buried|cremated",
        "buried|cremated last|yesterday|on|this|today",
        "his|her|the|their|mums|dads|mams|moms|husbands|wifes|fathers|mothers|sons|daughters funeral",
        "funeral was|is|took|directors|today|tomorrow",
        (
            "lost my|our|her|his husband|wife|mum|mother|mam|mom|dad|father|son|daughter|brother|sister"
            "|partner|baby|child|gran|nan|grandad|hubby|fiance"
        ),
        "we lost him|her|mum|dad|mam|mom",
        "lost him|her to",
        "widow|widowed|widower",
        (
            "my|her|his|the|our late husband|wife|mother|father|mum|dad|mam|mom|son|daughter|brother"
            "|sister|partner"
        ),
        "death certificate|cert",
        "his|her|their|mums|dads|husbands|wifes|the|sudden death",
        "death of my|his|her|mr|mrs|our",
        "bereave*",
        "rest in peace",
        "with the angels|lord",
        f"{_SHE} is no more",
        "is no more god",
        "god rest",
        "rip",
        "in|gone|went|up heaven",
        "gone|went to a better place",
        "taken from us",
        "lost|losing his|her|their|the battle|fight",
        "dead man|woman|person|people|patient|mans|womans",
        "dad|dads|mum|mums|mam|hes|shes|mother|father|husband gone in|died|now forever|sleep|heaven",
        "slipped away",
        "didnt survive",
        "did not survive",
        f"{_SHE} didnt make it",
        "executor of|for",
        "committed|by suicide last|in|on",
        "killed in|by a|an",
    ),
    not_deceased=(
        "passed on the|your|to|my|by",
        "has passed the|my|his|her|their|its|since",
        (
            "phone|battery|mobile|cell|iphone|car|laptop|engine|ipad|tablet|computer|boiler|fridge|signal"
            "|internet|line|cat|dog|hamster|wifi|charger|fish|rabbit|budgie|pet|conversation|plant|horse "
            "... died|dead|dies"
        ),
        "phone|battery|mobile|car ... passed away",
        (
            "dead tired|busy|good|keen|sure|easy|slow|on|line|lines|end|lift|beat|handy|nice|cheap"
            "|expensive|funny|early|late|serious|right|interested|excited|chuffed|sound|set|weight|wood"
            "|pan|ringer|centre|center|heat|sea|long|body|phone|battery|bolt|duck|leg|arm|skin|tooth"
            "|nerve|link|zone|cert|certain|simple|curious|pleased|happy|proud|impressed|handy|lovely|link"
            "|number|from|quiet|cool|drunk|hungry|sleepy"
        ),
        "line|link|number|leg|arm|tooth|nerve|foot|hand|leg|side|feet ... dead",
        "dead to",
        (
            "nearly|almost|just|literally|could|i|have|practically|wouldve died of|laughing|when|from"
            "|with|inside|a"
        ),
        "i|nearly|almost died",
        "died laughing|down|off|of laughter|of embarrassment|inside|on me",
        "was|were|been|is|are|be dead good|on|nice|easy|helpful|lovely|long|slow|cheap|handy",
        "at|to|have|attending|got|going|theres|for|attend|a a funeral",
        "a|friends|uncles|aunts|neighbours|colleagues|grans|nans|another funeral",
        "buried in|under|at|with work|paperwork|stuff|emails|deadlines",
        "late dad|mum lol",
        "rip off|offs|van",
        "passed on the|your|my|it|message",
        "passed my|his|her|their|the|all exam|exams|test|driving|course|theory|results|it",
        "passed with",
        "passed it|your|that|me|us|my|them|along",
        "passed the phone|message|text|test|exam|letter|info|details|number|link",
        "to death",
        "death sentence|trap|row|penalty|metal",
        "killed in|by work|traffic|price",
    ),
    opt_out_words=(
        "no more",
        "exit|alto|baja|salir|arreter|stop2quit|stop2end|stop2stop|stopquit|stopend|stopcancel|td",
        "stop|stopall|unsubscribe|unsub|optout|revoke|unsubscribed|stopping|unsubcribe|unsuscribe|arret",
        "opt out",
        "stop all|it|this|that|now|immediately|messages|texts|sms",
        "remove|delete|unsubscribe me",
    ),
    opt_out=(
        "take me off ... list",
        "un subscribe",
        "leave me alone",
        "be left alone",
        "removed|remove|off ... off|from ... contacts|list|lists|database|system|records",
        "confirm ... removed|deleted ... number|contacts|list|details",
        "no quiero|mas|manden|envien|escriban ... mensajes|nada",
        "no me manden|envien|escriban|mandes|escribas|envies",
        "deja|dejen|pare|parem|arretez|smettete|smetti di|de|d ... escribir*|mandar|enviar|ecrire|scriv*",
        "n|ne|me ecrivez|envoyez plus",
        "or|and|nor get|receive ... more messages|texts|sms|emails",
        "not|dont wish & more|any messages|texts|surveys|emails",
        "not|dont wish|want ... any|more|anymore|further messages|texts|sms|emails|surveys",
        "not ... get|receive ... any|more|further messages|texts|sms|emails",
        "unsubscribe|unsub me|us|my|from|now|immediately|please|this|pls|plz|at",
        "please|pls|plz|want|wish|like|kindly|just ... unsubscribe|unsub",
        "opt|opting me|us out",
        "opt|opting out",
        "opted out",
        f"stop|quit|cease|stopp ... {_SEND}",
        f"stop|quit|cease|end ... {_MESSAGES}",
        "stop|quit txtn|textin|texin|callin|messagin|ringin|sendin|botherin",
        "please|pls|plz|plss|just stop",
        (
            "stop this|these|all|it|that now|please|pls|immediately|nonsense|at|right|today|ffs|already"
            "|thanks|asap"
        ),
        "i said|want|told|demand|ask|asked ... stop",
        "make it|them|these|this stop",
        "quit it|with|this",
        "cut|pack|knock it|this out|in|off",
        (
            f"{_DONT} ever|please|you|u|bloody|fucking|effing text|txt|message|msg|contact|write|email"
            "|mail|call|ring"
        ),
        (
            f"{_DONT} contact|disturb|pester|annoy|hassle|harass|spam|bug|text|txt|message|msg|write"
            "|whatsapp me|us"
        ),
        f"{_DONT} contact|text|txt|message|msg|write|email|mail ... again|anymore|any|ever",
        f"{_DONT} bother me|us|texting|messaging|contacting|writing|sending",
        (
            f"{_DONT} contact|text|txt|message|msg|email|spam|write|ring|call|phone this|my number|phone"
            "|mobile|email"
        ),
        f"{_DONT} call|ring|phone ... again|anymore|any|ever",
        f"{_DONT} send|forward ... {_MESSAGES}|anything|more|stuff|these|anymore|again|another",
        "do|must|should|you|to not ever|please|dare contact|text|txt|message|msg|write|call|ring|email",
        (
            "do|must|should|can|must|will|to not contact|disturb|pester|annoy|hassle|harass|spam|text"
            "|message|write me|us"
        ),
        "do|should|must not contact|text|message|msg|write|email|call|ring|phone ... again|anymore|any|ever",
        "do|must|should not bother me|us|texting|messaging|contacting|writing|sending",
        "do|should|must not contact|text|message|email|write|call|ring this|my number|phone|mobile|email",
        "do not contact|text|message|msg",
        f"do|must|should not send|forward ... {_MESSAGES}|anything|more|stuff|these|anymore|again|another",
        f"dont|dnt|not|never|longer want|wanna|wish|need|like|wanting|require ... {_MESSAGES}",
        "dont|dnt|not|never|longer want|wanna|wish|like|wanting to|be receive|get|getting|contacted|hear",
        "dont|dnt|not|longer want|wish|like ... contacted|texted|messaged|bothered|emailed|receiving",
        "dont|dnt|not|never want|wanna ... hear from",
        (
            "not|never interested in receiving|getting|hearing|your|these|ur messages|texts|spam|msgs"
            "|from|emails"
        ),
        "not interested in receiving|getting|hearing",
        "no longer|more wish|want ... receive|contacted|hear",
        f"no more {_MESSAGES}|contact|of",
        f"no|zero more ... {_MESSAGES}|contact",
        f"enough of|with your|this|these|the|ur|all {_MESSAGES}|nonsense|bullshit",
        f"enough {_MESSAGES}",
        (
            "remove|delete|erase|take|scrub|wipe|strike|get my|this ... number|details|data|name|email"
            "|mobile|phone|info|information|contact|contacts"
        ),
        "remove|delete|erase|scrub|wipe|strike|unsubscribe me|us",
        "take|get|taken|taking me|us|my off|out",
        "want|wish|like|asked|ask|need|demand ... removed|deleted|taken off|from",
        "want|wish|like ... removed|unsubscribed",
        "lose|forget|bin|burn|destroy my|this ... number|details",
        "leave me|us|my alone|be|in",
        (
            "withdraw|withdrawing|revoke|revoking|retract|rescind|remove|cancel|withdrawn ... consent"
            "|permission|agreement|authorisation|authorization"
        ),
        "dont|not|didnt|not|never|no give|gave|have|given ... consent|permission",
        "dont|not|never|no|longer consent|consenting",
        "i|we object to",
        "gdpr",
        "right to be forgotten",
        "right to erasure|object",
        "desist|refrain",
        "not to be contacted|texted|messaged|called|bothered|emailed",
        "remove|delete|erase from your|the|this|ur|list|database|system|records",
        "not|dont|never use|store|process|keep|share|hold my|our data|details|number|info|information",
        "asked|told|asking|telling|begging you|ye|u|yous ... stop",
        "no texts|messages|sms|emails|reminders|contact|msgs|txts please|pls|thanks|plz|ever|whatsoever|at",
        (
            "forbid|prohibit ... contact|text|texting|message|messages|messaging|write|writing|send"
            "|sending|call|use"
        ),
        "you|u are not allowed|permitted to",
        f"cancel|end|discontinue|terminate ... {_MESSAGES}|subscription",
        "stop subscription",
        "never|dont ever contact|text|message|msg|call|write|email|ring|send|bother|txt|phone",
        "block|blocking this|your|you|u|ur number",
        "not to contact|text|message|msg|write|call|ring|email me|us|this|again",
        "not contact|text|message|call me|us again|anymore|any",
    ),
    not_opt_out=(
        "take|remove me off|from ... schedule|waiting|surgery|operation|queue|theatre|appointment",
        "reply|replying|text|txt|respond|type|send|say stop",
        "stop to unsubscribe|opt|end|cancel|quit",
        "to unsubscribe|opt out",
        "unsubscribe ... reply|text|link",
        "step|steps|shop|shops|slop",
        "bus|tram|train|metro|tube|next|last|first|pit|full|taxi|luas|dart|truck|one stop",
        "stop by|in|off|over|at|near|outside|sign|watch|gap",
        "stop to|and say|ask|get|chat",
        "cant|couldnt|cannot|wont|didnt|dont|doesnt|never|not stop",
        (
            "stop smoking|drinking|eating|taking|using|working|worrying|crying|laughing|thinking|bleeding"
            "|vaping|hurting|itching|wearing|brushing|walking|running|coughing|snoring|sneezing|growing"
            "|going|coming|being"
        ),
        (
            "stop ... tablets|tablet|medication|medications|antibiotics|pills|meds|smoking|medicine|pill"
            "|treatment|pain|contraception|drinking|inhaler|steroids|statins|aspirin|traffic|warfarin"
            "|bleeding|infection"
        ),
        "stop it|this hurting|from|bleeding|getting|happening|spreading",
        "dont|didnt|not|never want|mean|wish|like|trying|meant|wanted ... to unsubscribe|opt|stop",
        "dont|not|didnt want|mean|wish ... stop",
        "dont|not|not unsubscribe|remove|delete|opt",
        "did|have|are you|u|ye|yous remove|unsubscribe|delete|take|stop|stopped|removing|stopping",
        (
            "taken|take|took|taking|come off the|my|these|those tablets|medication|meds|antibiotics|pills"
            "|steroids"
        ),
        "why ... remove|removed|delete|deleted|unsubscribe|unsubscribed|stop me|us",
        "have|has|had|did|you|u|been|was|accidentally unsubscribed|unsubscribe|stopped",
        "stop button|clock|start",
        "opted out of|by pension|scheme|mistake",
        (
            "opt|opting out of ... xray|ray|scan|test|treatment|procedure|fluoride|sedation|study|trial"
            "|scheme|pension"
        ),
        "leave me alone with|at|for",
        "leave me alone time",
        "contact lens|lenses|email|form|details|page|person|sport|sports",
        "take|get me|us out to|for|of dinner|lunch|town",
        "take|get my ... off work",
        (
            "remove my ... stitches|tooth|teeth|wisdom|cast|sutures|filling|brace|braces|mole|implant"
            "|coil|plaster"
        ),
        "remove|take|delete my ... appointment|visit|booking|slot",
        (
            "take|get my ... blood|temperature|glasses|coat|shoes|clothes|son|daughter|mum|kids|child"
            "|wife|husband"
        ),
        "delete|remove|cancel my ... message|appointment|email|last",
        "dont text and drive",
        "dont write|have contact in|details|with|down",
        "get me|us out|in|off asap|sooner|quickly|quick|early",
        "take|get me off|out pain|work|bed|the",
        "dont want ... miss|lose ... text|texts|message|messages|reminder",
        "dont want|need|like ... email|mail|message|offers|text me",
        "end of",
        "no more of a",
        "want|need|like ... tooth|teeth|stitches|mole|wisdom|coil|brace|cast|implant ... removed|taken|out",
        "removed|taken out",
        "end ... calls|call|texts",
        "never got|received|get|had ... text|texts|message|messages|email|call",
        "dont|not want ... call|text|message to",
        "we|i object to the price",
    ),
    hold=(
        "i will|ill block",
        "block you|this|number",
        "cease",
        "turn this|it off",
        f"{_DONT} call|ring|phone|text|txt|message|msg|email|contact|write|whatsapp|send",
        "not call|ring|phone|text|message|msg|email|contact|write|send",
        f"less|fewer|less|reduce|limit|fewer ... {_MESSAGES}",
        f"too|so|how many|much {_MESSAGES}",
        "too many ... texts|messages|emails|reminders",
        "not|less so|that|as|very often|frequently|many|frequent",
        "not so|that|as often|many|frequently",
        "less often|frequently",
        "stop|pause for now|while|a|today|until|till|during",
        "pause",
        "fed up",
        "sick of|and tired|and",
        "sick|tired of you|your|these|this|the|ur|getting|receiving",
        "enough already|now|is|with",
        "had|ive|its enough",
        "spam|spammers|spamming|spammer|scam|scammers|junk",
        "harassment|harassing|harassed|pestering|stalking",
        "annoying texts|messages",
        "bothering me|us",
        "unsolicited",
        "please|pls remove|delete",
        "remove|delete please|pls|thanks",
        "dont|not|dnt want these|them",
        "dont|not|dnt want this anymore|any",
        "go away",
        "fuck|piss|feck|bugger|sod|f|naff|eff|bog|clear|p off",
        "do one",
        "get|got lost|stuffed|knotted|bent",
        "jog on",
        "fuck|feck|screw you|u|yous|yourselves",
        "report|reporting you|u|this|number",
        "ico|data protection|trading standards|fcc|lawyer|solicitor",
        (
            "never|didnt|not sign|signed|ask|asked|agree|agreed|consent|consented|subscribe|subscribed "
            "... this|these|texts|messages|to|for"
        ),
        "where|how|who did|do you get|gave|got my number|details",
        "who gave you|u my",
        "how did you get my number",
        "no texts|messages|calls|sms|emails|reminders|contact",
        "give it|me a|peace|rest|break",
        "leave it out",
        "unsubscribe|unsubscribed|unsub",
        "shut up",
        "why are you texting|messaging|contacting|writing|calling|ringing",
        "why do|are you|u keep|still|always",
        "keep texting|messaging|calling|spamming|sending|contacting|pestering",
        "waiting|cancellation list & off|remove|take",
        "stop|quit|drop this|these",
    ),
    ends=(
        "enough|block|cease",
        "end",
        "quit",
        "enough",
        "remove",
    ),
    cancels=("cancel", "cancellation", "cxl"),
    wrong_number=(
        "no longer ... service|use|assigned|active",
        "wrong|incorrect|different number|person|no|num|one|phone|contact|guy|woman|man|lady|mobile|patient",
        "not my|the|her|his|their|right number|person",
        "not my name",
        "thats|that|this|its|im|is|am not me|him|her|my|mine|the person",
        "got|have|texted|messaged|reached ... wrong",
        "not|never|isnt|wasnt|arent|been your|a patient|customer|client|with you",
        "not|never been|a|your patient",
        "dont|not|dnt know|have ... person|him|her|them|anyone|anybody|who|name|you|what",
        "no|nobody|noone|not one|body|called|named|by ... called|name|named",
        "no one|such here|person|lives|called|by",
        "nobody|noone|no one here|called|by|with|of that",
        "no such person",
        "who is this|that|dis|it|u|you",
        "whos|who this|dis|that|is",
        "who the hell|fuck|heck",
        "who are you|u|ye|yous",
        "who r u|you",
        "new|changed|different phone|owner",
        "number & changed hands|new owner|belongs",
        "mistaken|wrong identity",
        "i think you|u have|got|are ... wrong|mistaken|someone|another",
        "you|u mean|meant|looking|want|after for|someone|somebody|my else|mother|mum|dad",
        "meant for someone|somebody|another|my",
        "doesnt|not|dont live|work|exist here|at",
        "im|am|this is|my name is not|isnt",
        "never heard of you|u|him|her|this|yous|ye",
        "not|isnt ... number anymore|any",
    ),
    running_late=(
        "running|runnin late|behind|bit|a|little|slightly|very|over|10|15|20|5",
        (
            "ill|going|gonna|might|may|will|could|to|be|bit|im|am|little|slightly|mins|min|minutes|min|5"
            "|10|15|20|half|hour|hr ... late"
        ),
        "late by|for",
        "stuck|caught in|on|at|behind ... traffic|train|bus|motorway|m50|m25|road|tube|jam|meeting|work",
        "held up",
        "im|am|be|been|train|bus|flight|getting|is|bit|was|got delayed",
        "missed my|the bus|train|tram|connection|luas|exit",
        "be there|with in|about|asap",
        "on my|the way but|just|now|stuck",
        "few minutes|mins|min behind|away|late",
        "cant find|find parking|park",
        "just parking|parked|leaving|left",
        "hold|keep my slot|appointment|place",
        "nearly|almost there",
    ),
    already_booked=(
        "already|allready|aleady ... appointment|appt|booked|booking|app|scheduled|apt|slot",
        "already|allready made|got|have|arranged|sorted|done ... one|it|this|that",
        "have|got|made|arranged|booked ... already",
        "ive|weve got|an|my|one|a|had|made ... appointment|appt|booking|booked|appointmnt",
        "ive|weve|ive got|have got|made|booked ... appointment|appt|one|visit",
        "i|we got|do|still|made have ... appointment|appt",
        "i|we|have|am|im|were|got|been booked|down in|for|with|on|next|already|yesterday",
        "appointment|appt|one|visit ... already|is booked|made|arranged|scheduled",
        "booked ... with dr|another|doctor|your|you|yous|ye",
        "booked ... online|yesterday|by|over|through|last|earlier|phone",
        "seeing dr|doctor|you|him|her|my already|next|on|tomorrow|anyway",
        "coming ... already|anyway",
        "thought ... had|have|was appointment|booked|one",
        "i rang|phoned|called|booked already|yesterday|earlier|this|and",
        "got one booked|already|with|on|for|coming",
        "have one booked|already|on|coming|scheduled|with",
    ),
    for_another=(
        (
            f"my|our|the|his|her|a|little|elderly {_CLOSE}|one & book|booked|booking|appointment|appt|see"
            "|seen|need|needs"
        ),
        (
            f"my|our|the|little|elderly {_CLOSE}|one ... want|wants|wanted|come|like|interested|has|due"
            "|have|go|coming"
        ),
        f"for my|our|the|a|his|her {_CLOSE}|other|family|kids|two|whole",
        f"for {_CLOSE}",
        f"can|could|may|will my|our {_CLOSE}",
        (
            f"book|bring|register|see|fit|squeeze|take ... {_CLOSE}|her|him|them|both|family|kids ... in"
            "|too|as|instead"
        ),
        f"my|our {_CLOSE} instead|as|too|aswell|also",
        f"book|register|see my|our|his|her|the {_CLOSE}|family",
        "on behalf of",
        "behalf of",
        "for someone|somebody else|friend",
        "someone|somebody else ... appointment|instead|book|come",
        "both of us",
        "two|2|three|3|four|all of us",
        "for two|both|2 people|of|us|adults|kids",
        "whole family",
    ),
    complaint=(
        "rude|rudely|rudest",
        "complain|complaint|complaints|complaining|complained",
        (
            "disgrace|disgraceful|disgusting|disgusted|scandal|scandalous|unprofessional|incompetent"
            "|appalling|appalled|shambles|disrespectful|unacceptable|atrocious|negligent|negligence"
            "|malpractice|abysmal"
        ),
        "waited|waiting|wait|sat|kept|left ... hours|hour|ages|hrs|forever",
        "kept|keep me|us waiting",
        "not|very|so|really|extremely|un happy|unhappy|disappointed|dissatisfied|upset|angry with|at|about",
        "unhappy|disappointed|dissatisfied|displeased|furious|livid",
        "not|wasnt|isnt happy|impressed|satisfied|pleased with|about|by|at",
        (
            "worst|terrible|awful|horrible|dreadful|poor|bad|crap|shite|shit|horrendous|useless ... "
            "service|experience|treatment|clinic|doctor|dentist|staff|place|care|surgery|practice"
            "|receptionist|nurse|job|doctors"
        ),
        (
            "service|treatment|staff|care|doctor|dentist|receptionist|nurse|experience|clinic & terrible"
            "|awful|horrible|dreadful|useless|shocking|poor|joke|woeful|shite|crap|worst|bad"
        ),
        "never|not going|coming|go|come|setting|set|back ... back|again|foot",
        "never again",
        "overcharged|ripped me|us|off",
        "ripped off",
        "overcharged|misdiagnosed|botched|butchered|mistreated",
        "made ... worse",
        "still in|have pain|agony",
        "treated ... badly|terribly|like|awfully|horribly|dirt|shit|poorly",
        "want|demand|give ... refund|money back|manager",
        "money back",
        "refund|sue|suing",
        "ruined|wrecked|damaged|broke my|the tooth|teeth|face|life|filling|crown|smile|skin|eyes",
        "shame on",
        "ashamed of",
        "speak|talk ... manager",
        "bad|terrible|1|one|negative star|review",
        "didnt|never|havent|not confirm|confirmed|confirming|booked|agree|agreed|arrange|arranged",
        "lost|ignored|forgot|forgotten my|me|about ... results|file|notes|records|appointment|me",
        "nobody|noone|never ever|called|rang|answers|answered|picks|phoned|bothered|answering",
        "ye|you|u never rang|called|phoned|answer|answered|got|replied|reply",
    ),
    other_language=(
        (
            "in|speak|speaks|speaking|to polish|russian|ukrainian|german|romanian|spanish|french"
            "|portuguese|italian|irish|lithuanian|arabic|hindi|urdu|punjabi|chinese|turkish|welsh|bengali"
            "|mandarin|bulgarian|hungarian"
        ),
        (
            "polish|russian|ukrainian|german|romanian|spanish|french|portuguese|arabic|lithuanian please"
            "|pls|plz|speaker|speaking|language|translator|translation|interpreter|version"
        ),
        (
            "text|write|message|send ... polish|russian|ukrainian|german|romanian|spanish|french"
            "|portuguese|arabic"
        ),
        "dont|not|cant|cannot|not|no speak|understand|read|good|know|much|very ... english",
        "no|little|bad|poor english",
        "different|another|other|my|change|own language",
        "translator|interpreter",
    ),
    human=(
        "help",
        "call|ring|phone|contact|email|telephone|whatsapp|bell|text|message me|us|back|my",
        "give|gimme|gis me|us|a ... call|ring|bell|buzz|shout|tinkle",
        "give us|me a call|ring|bell|buzz|shout",
        "call|ring|phone|get back me|back|to",
        "speak|talk|chat|spk|speaking|talking to|with|2",
        "real|actual|live person|human|people",
        "human|operator|receptionist|reception|representative|agent",
        "someone|somebody|anyone|doctor|dr|nurse|you|u|ye|they|yous call|ring|phone|contact|calls|rings",
        "bot|robot|automated|chatbot|ai",
        "in touch",
        "a call|phonecall",
        "phone call",
        "by phone",
        "my number is|has",
        "over the phone",
        "cant|cannot|unable|not|couldnt ... confirm|say|answer",
        "can i|we call|ring|phone",
    ),
    too_expensive=(
        (
            "expensive|pricey|pricy|costly|overpriced|extortionate|extortion|unaffordable|dearer|steep"
            "|exorbitant"
        ),
        "too|very|so|bit|really|fierce|wicked|bloody|damn|way dear",
        "cant|cannot|couldnt|dont|not|never|unable|wont|barely ... afford",
        "afford",
        "discount|discounts|cheaper|cheapest",
        "no|havent|dont|short ... money|cash|funds",
        "money & tight|short|saving|waste",
        "cost|costs|costing|charge|charges too|a much|lot|fortune|bomb|arm|alot",
        "cost|costs a|an fortune|bomb|arm|lot",
        (
            "price|prices|fee|fees & high|mad|crazy|ridiculous|insane|robbery|steep|much|silly|joke|up"
            "|hiked|increase"
        ),
        "too much money|for|to|moneys",
        "thats|is|way|far|its|bit too much",
        "too high|costly",
        "rip off",
        "ripoff",
        "skint|broke",
        "out|outside|above|over|beyond of|my budget|price|means",
        "my budget",
        "daylight robbery",
        "not made of money",
        "till|til|until payday",
        "lost my job",
        "on the dole",
    ),
    question=(
        "how|hows|what|whats|wat|wot|wots|where|wheres|when|whens|which|whose",
        "who will|do|does|would|are|am|should|ll|can|is|did",
        (
            "why is|are|do|did|am|would|have|cant|does|was|should|so|the|this|me|now|has|u|you|wasnt"
            "|didnt|isnt|what"
        ),
        "do i|you|u|we|they|ye|the|yous|yis|ya",
        "does|did|will it|the|that|this|he|she|anyone|you|i|there|dr|u|my|they|we",
        "is it|there|this|that|the|parking|he|she|dr|doctor|my|anyone|everything|your",
        "are you|u|there|the|they|ye|we|yous|dogs|kids|my",
        "can you|u|my|someone|ye|anyone|yous|people|kids|it|they|we",
        "could you|u|someone|ye|it|my",
        "would you|it|the|that|u|ye|there|i",
        "will i|you|u|they|dr",
        "should i|we|my",
        "have you|i|they|u|ye|yous",
        "has it|the|my|anyone|dr",
        "am i",
        "may i ask",
        "any parking|chance|idea|news|update|availability|cancellations|results|female|directions",
        "wondering|wonder|question|asking|query",
    ),
    cancel=(
        "cancel|cancelling|canceling|cancell|cancle|canel|cxl",
        "want|need|like|get ... cancelled|canceled",
        "cancellation please|pls",
        (
            "cant|cannot|wont|couldnt|cnt|cannae|dont come|attend|make it|make|get|be|go|turn|show ... it"
            "|there|in|up|appointment|coming|appt|visit|able|anymore|any|tomorrow|today|after|now|time"
            "|that"
        ),
        "cant|cannot|wont|cnt|cannae come|attend|make|get",
        "cant|cannot|wont|cnt|cannae be there|in|here|at|coming|attending|able|making",
        "no|nope i|we|sorry cant|cannot|wont",
        "not well|feeling|great|good ... wont|cant|cannot",
        "no sorry|unfortunately ... cant|cannot|wont",
        "cant|wont|will|able|to not ... come|attend|make|coming|there|attending|able",
        "can not come|attend|make",
        "will not|no be|longer ... coming|attending|there|able",
        "wont be able|coming|attending|there|in|making",
        (
            "not|no|longer coming|attending|comin|able|making|gonna|going ... it|to|in|there|make|come|be"
            "|attend|today"
        ),
        "not coming|attending|comin",
        "unable to|2 attend|come|make|get|be|keep",
        "no longer able|coming|attending|available",
        "no longer need|want|require ... appointment|appt|visit|booking|slot",
        "have|need|going|ill|gonna to|have miss|skip|bail|drop|pull",
        "have to miss|skip",
        "ill have to pass",
        "call|calling it|off|my off",
        "call off",
        "give|giving up|away my|the|it slot|appointment|place|spot",
        "give|offer ... someone|somebody else",
        "release|free my|the slot|appointment",
        "scrap|scratch|forget|bin ... appointment|appt|visit|booking",
        "delete|remove|take my|the appointment|booking|visit|appt|slot",
        "dont|no need|want ... appointment|appt anymore|any|now",
        "pull out",
        "cry off",
    ),
    reschedule=(
        "reschedul*|reshedul*|resched|rearrang*|rebook|rebooking|postpon*|defer",
        "re arrange|arranging|book|schedule|booking|scheduling",
        (
            "move|push|shift|swap|bring|put|switch|pull|delay|knock|moved|pushed|change|changed it|that"
            "|my|the|this|back|forward|out|to|appointment|appt ... to|back|forward|for|out|later|earlier"
            "|day|time|till|until|date|another"
        ),
        (
            "move|push|shift|swap|switch|delay|change my|the|this|our ... appointment|appt|visit|booking"
            "|slot|time|date|day|times|app"
        ),
        "change time|date|day|appointment|appt|it|days|dates",
        (
            "can|could|need|want|have|like|possible|we|to|please move|swap|push|postpone|shift|switch it"
            "|that|this|back"
        ),
        "push back",
        "move|push|shift|swap|switch|change|put me|us|my|ours to|from|back|forward|into|for",
        "can|could|cud we|i|you|u|ye do|come|make|have|get ... instead",
        "put it off|back",
        "make it another|later|earlier|different",
    ),
    other_times=(
        (
            "other|another|different|alternative|more|further|new|else|others times|time|day|days|date"
            "|dates|slot|slots|options|option|week|appointments|availability|month|hours"
        ),
        "any other|others|alternatives",
        (
            "any|something|anything|nothing|bit|anywhere|earlier|later|sooner else|later|earlier|sooner"
            "|before|after|next"
        ),
        "none|neither|nothing of|suit|suits|work|works|fit|fits|good these|those|them|the|me|that",
        "none|neither|nothing work|works|suit|suits|fits|fit|good|possible|there",
        "none of",
        "neither of",
        "none|neither",
        "cant|cannot|wont|couldnt|not do|make ... any|those|these|them|either|that|either",
        "cant|cannot|not|couldnt do|make|manage ... days|times|dates|day|time|week|then|mornings|weekdays",
        "doesnt|dont|dosnt|wont|didnt|not|doesn|wouldnt|cant suit|work|suits|works|fit|working|good|workin",
        "not suitable|convenient|good|ideal|available|free|possible|great|workable",
        "not be|really|very|so|too suitable|convenient|good|available|free|handy",
        "too|bit early|late|soon|far",
        "not that day|time|date|one|week",
        "weekends|weekend|evenings|mornings|afternoons ... only|better|instead|best|suit|please",
        "only ... evenings|mornings|afternoons|weekends|weekend",
        "only free|available|off ... evenings|mornings|weekends|after|before",
        "do|have|got|get|is|are you|u|ye|there ... weekends|saturdays|evenings|saturday|weekend",
        "different|another|separate one",
        "bit|little|slightly later|earlier",
        "week|day|month after|following",
        "later|earlier|sooner time|slot|appointment|date|appt|times|slots|appointments|day",
        "what|when other|else ... have|available|got|times|days|do|there|dates",
        "what else",
        "rather|prefer ... later|earlier|afternoon|morning|evening|evenings|weekend",
        "prefer ... another|different",
    ),
    busy=(
        "busy|tied|swamped|snowed|flat|jammed|unavailable|occupied|engaged",
        "away|abroad|overseas|travelling|traveling|flying|offshore|camping",
        "out of|in town|country|office",
        "on|have|am|at|my|off|for holiday|holidays|vacation|leave|hols|honeymoon|sick",
        "holiday|holidays|hols|vacation|annual",
        (
            "work|working|shift|shifts|college|school|uni|lecture|exam|exams|meeting|meetings|rota"
            "|nightshift|nights"
        ),
        (
            "birthday|wedding|funeral|party|anniversary|communion|christening|baptism|graduation"
            "|confirmation ceremony|concert|match|conference|interview|court|jury"
        ),
        "operation|surgery|procedure|hospital|chemo|scan",
        "plans|commitment|commitments|engagement|committed",
        "booked up",
        "something|somethin on|else",
        "cant|cannot|cnt|couldnt|not do|make|manage|on|come|get|be",
        "unable|impossible",
        "not|arent|isnt around|here|in|there|free|available",
        "wont be here|around|in|free|home|back|available|about",
        "fully|all|am|im|completely booked",
        "minding|babysitting|childcare|creche|collecting|collect",
        (
            "im|am|feel|feeling|been|really|very|so|too|be|being|still|not|hes|shes|is ill|unwell|sick"
            "|poorly|feeling"
        ),
        "another|other|different appointment|appt|thing",
        "ramadan|christmas|easter|eid|shabbat|church|mass",
        "bank holiday",
        "day off|out",
        "have|got|ive|theres my|the|a|kids|something|to ... on",
        "doesnt|dont|wont|not|bad|wouldnt ... suit|work|good|day",
        "bad|awkward|worst|busiest|hectic|terrible day|time|week|one",
        "moving house|home",
        "back on|from|until|after|by",
        "until|till|til im|i|after|back",
        "friday|thursday|tuesday|monday|wednesday is|are a|my|mad|bad|out|no|off ... one|sons|daughters|day",
        "car & garage|broken|service|nct|mot",
        "isolating|covid|flu",
    ),
    declines=(
        "no longer need|want|require ... appointment|visit|slot|booking",
        "better now ... no longer|dont need",
        "no thanks|thank|ta|thx|cheers|ty|tks|thankyou|tnx",
        "no|nah|nope|naw|na not|dont|never|way|dnt|wont|definitely|absolutely",
        "no|nah|nope|naw|na im|am|were ok|good|fine|sorted|grand|not|all|okay|alright",
        "no|nah|nope|naw|na i|we|id|am|were dont|wont|not|rather|never|dnt|didnt|wouldnt",
        "no|nah i|we|would|will|am|do not",
        "decided|going|choosing|chosen|opted|chose|prefer not|against",
        "not proceed|proceeding|pursue|pursuing|avail|availing",
        "nah|nope|naw|na thanks|thank|ta|cheers",
        "nah|nope|naw|na|no youre|your|ur|you|yer alright|grand|ok|okay|fine|good|are",
        "already seeing|with|under someone|another|my|a|somebody",
        "only|just after having|getting|seeing|being",
        "not|never|no|dont|isnt|arent|aint|wasnt interested|intrested|bothered|int|intersted|keen|fussed",
        "uninterested|pass|declined|decline|declining",
        "dont|not|dnt|not|didnt|longer want|wanna|wish|need|require|wanting|fancy|needing|wantin",
        "rather not",
        "wouldnt|wont|not like|want|care|be to|an|any|one|needing|booking|taking|using|going",
        "prefer not",
        (
            "not now|right|at|today|this|for|just|yet|tonight now|moment|time|the|me|present|occasion"
            "|thanks|year|month|minute|sure"
        ),
        "not for me|now|us|the",
        "not now|yet|today",
        "not at|for this|the|that|present",
        "cant|cannot|not commit",
        "maybe|perhaps|possibly|some another|later|next|other|in|time time|later|year|month|thanks|future",
        "maybe later",
        "another time maybe|perhaps|thanks",
        (
            "another|different|new|other|local|own|closer|cheaper|better clinic|doctor|dentist|practice"
            "|gp|surgery|physio|optician|provider|dr|doc|place|hospital|consultant|therapist|hygienist"
            "|one"
        ),
        (
            "went|going|go|gone|go|been|am|switched|moved|changed|transferred|registered|found|got|using"
            "|with ... elsewhere|somewhere|private|privately|nhs"
        ),
        "elsewhere",
        "changed|switched|swapped doctor|dentist|clinic|gp|practice|dentists|doctors|physio|surgeries",
        "already been|had|seen|went|done|sorted|attended|gotten|treated",
        "ive|have|has|was already|just been|had|seen|sorted|done",
        "all|im|is|its|been|was|got|already sorted|better|cured|healed|fixed",
        "problem|issue|pain|it ... gone|sorted|better|resolved|cleared|went",
        "nevermind",
        "never mind",
        "no need|longer|interest|reason|desire|intention|use",
        "not|dont|no|wont need|needed|necessary|required|anymore|bother|be needing",
        "not|dont bother",
        "ill|i|gonna|have|to|will pass|leave it|skip",
        "ill|i|we leave|give it|that|this ... for|now|miss|thanks|there",
        "give|ill it|that a miss",
        "not|no this|at time|thanks|point|present",
        "too busy",
        (
            "im|am|were good|ok|okay|fine|grand|alright|sorted|covered thanks|thank|ta|cheers|thx|for|now"
            "|as|ty|without|actually|atm|tbh|the|x"
        ),
        "im|am all set|good",
        (
            "moved|moving|relocated|relocating|live|emigrated|emigrating|living|based ... away|to|abroad"
            "|country|from|area|far|another|back|out|over|house|city|town|australia|dublin|london|now"
        ),
        "no longer|not|dont|far local|live|living|near|nearby|in|based|around",
        "too far",
        "yeah|yea|ya|aye|sure|ok right",
        "yeah yeah",
        "as if",
        "no|not|aint|over way|chance|happening|gonna|hope|fear|dice|go|dead|my",
        "dream on",
        "in your dreams",
        "you|u wish|must|having|are|r be|joking|kidding|joking",
        "joking|kidding",
        "yeah sure whatever|pal|lol",
        "whatever|whatevs",
        "good|nice try|luck|one",
        "hard pass",
        "count me out",
        "im out|done|off|away",
        "will|would not use|bother|book|need",
        "wont|not be using|booking|needing|back|bothering",
        "not|wont|never|dont book|booking|bothering|bother|returning|coming",
        "cant|cannot be bothered|arsed",
        "couldnt|could care|be less|bothered|arsed|not",
        "changed my mind",
        "thanks|ta|thank but no|not|im|ill|you",
        "retired|retire from",
        "had|have|got ... last|this|few|recently weeks|week|month|checkup|months|already|elsewhere|ago",
        "stay|staying|keep ... away|with my",
        "would|id|could|dont prefer|rather|like ... not",
    ),
    wants_visit=(
        (
            "book|schedule|fit|squeeze|slot|sign|register|get|put|enrol me|us in|up|down|for|on|an|the|a"
            "|please|pls|asap"
        ),
        "book|schedule me|us",
        (
            "book|make|arrange|schedule|organise|get|set|have|request|need|want|like|require|after|take"
            "|having|requesting an|a|my|the|up|another appointment|appt|visit|checkup|check|consultation"
            "|app|apt|apptmt|appointmen|slot|session|one"
        ),
        "book appointment|appt|visit|in|it|slot",
        (
            "want|wanna|like|love|need|able|wish|ready|keen|happy|hoping|glad|delighted|interested"
            "|looking|try|going to|in|for|2 ... come|coming|book|booking|see|schedule|scheduling|visit"
            "|attend|appointment|appt|make|arrange|seen|go"
        ),
        (
            "want|wanna|need|like an|a|another|my|the|one ... appointment|appt|check|checkup|consultation"
            "|visit|app|slot"
        ),
        "want|need|like|please ... be seen",
        (
            "can|could|may|cud|cld|shall i|we|u|you|ye book|come|visit|attend|get|pop|have|make|see"
            "|schedule|go ... in|appointment|appt|over|visit|slot|back|doctor|dr|one|round|tomorrow|today"
            "|please|pls|soon|asap|along"
        ),
        "can|could|may|cud i|we book|come|visit|attend",
        "can|could|when you|u|ye ... fit|book|squeeze|see ... me|us|in",
        (
            "when|what|how can|could|would|soon|time|is|are ... i|we|can come|book|get|see|visit"
            "|available|next|earliest"
        ),
        "when|what|have|are|any ... available|appointments|availability|slots|free|appointment|openings",
        (
            "do|have|got|any you|u|ye|got|have ... free|available|slots|appointments|appointment|openings"
            "|gaps|space"
        ),
        "im|am|be|very|were|definitely|really|yes|i interested|keen",
        "interested please|yes|thanks|in",
        "would love|like to|that|one|it|an|some",
        "id love|like one|that|it|an|some",
        "could|can do with a|an|seeing|another|one",
        "id|ill|i love|really|would to|love|like|one|that ... come|it|that|to|one|appointment",
        "time for ... check|checkup",
        "due|overdue a|for check|checkup|visit|appointment",
        "see the|a|my|dr doctor|dentist|dr|doc|specialist|nurse|physio|gynae|consultant|optician",
        "count me in",
        "im in|up|game|down for|it",
        "put me|us down|in|on",
        "pencil me in",
        "id|i|we like|would like to|an|one|that|some",
        "ill|i|we stop|pop|call by|in|round|over",
        "stop|pop|call by|in|over ... tomorrow|today|later|please|tmrw",
        "i|we need|want an|a appointment",
        "looking for ... appointment|visit|checkup|slot",
        "looking to book|come|get|make",
        "have|got|do|would|has you|u|ye ... anything|something|any",
    ),
    confirm=(
        "confirm|confirmed|confirmd",
        "confirming my|the|appointment|attendance|that|our",
        "coming",
        "i|we will|shall be there|attend|come|do|attending|coming|make|see",
        "ill|well|il be|come|attend|see|make|b there|it|you|on|in|along",
        "ill|well|il come|attend",
        "be there|der|dere",
        "will come|attend|be|do|make there|it",
        "will come|attend|do",
        "see|c you|ya|u|ye|yous then|there|soon",
        "see|c you|u|ye|yous",
        "im|am|we|were|are|still|definitely coming|attending|comin",
        "still good|on|coming|ok",
        "cant wait to|2 see|come|meet|get",
        "can|will|ill|il still make|come|be|attend",
        "still make|attend it",
        "no|nope ill|il be there",
        "no|nope i|we will be there",
        "im going|coming to",
        "on my|me way",
        "can|ill|will make it|that",
        "dont|no worry|worries|fear ... ill|i|see be|will|you|u there|be|then",
        "wouldnt|wont|wldnt|not miss it",
        "looking forward to|2 it|seeing|that|my",
        "yes|i|we can|will attend|come|make",
    ),
    yes=(
        (
            "yes|y|ye|yea|yeah|yeh|yh|yep|yup|yip|yas|yass|aye|yessir|yesss|yess|yupp|yepp|yeahh|yeppers"
            "|yuss|yus|yse|yez"
        ),
        "ok|okay|okey|okie|okk|okayy|k|kk|oki|oke|okeydokey|okidoki|okiedokie",
        "okey|okie dokey|doke|dokie",
        (
            "sure|surely|shure|deffo|defo|def|definitely|definately|absolutely|certainly|indeed|gladly"
            "|totally|affirmative"
        ),
        "of course|cors",
        "ofc|obvs|course",
        "ya please|sure|ok|grand|thanks|yes",
        "yes|yeah|ok|yep|sure|aye please|pls|plz",
        "please do|book",
        f"sounds|looks|seems|sound|thats|thatll|that|its|it|is|works {_FINE}",
        f"that|it|this|which would|will|wud|wld|ll be {_FINE}",
        f"would be {_FINE}",
        f"thatll|thatd|itd|itll be {_FINE}",
        "yes|yeah|ok|yep|yup|still all good",
        (
            "great|fine|perfect|grand|lovely|brilliant|brill|excellent|wonderful|super|fab|cool|alright"
            "|deal|awesome|agreed|accepted|fabulous|sound|ideal|magic|sorted|amazing|perf|superb"
        ),
        "all right",
        "by all means",
        "go ahead|for|on ... it|then|so",
        "go ahead|on",
        "can do",
        "works|suits for|me|us|perfectly|great|fine|well|grand",
        "that|this|it|thatll|thatd|thats|which|will|would works|suits|do|suit|work|will",
        "sure|course thing|can|yes",
        "count me in",
        "im in|game",
        "lets|let do it|that|this",
        "lets go",
        "happy|delighted with that|this|it",
        "happy days",
        "id love|like to|that|one|it|please|some",
        "love|like to|that|it please|thanks",
        "ill|i take|accept|will take it|that|this|them",
        "ill|i take it|that",
        "i accept|agree|do|will|would",
        "correct thank|you|thanks|yes",
        "correct",
        "thats right|correct",
        "too right",
        "book it|that|me",
        "+",
    ),
    agreed=(
        "no way ... miss it|this",
        "no plans|other plans|commitments",
        "no worries|bother|drama",
        (
            "no|not|wont|isnt|zero a|be|an|any|is|ne problem|problems|prob|probs|bother|issue|issues"
            "|problemo|hassle"
        ),
        (
            "no problem|problems|prob|probs|bother|issue|issues|problemo|hassle|objection|objections"
            "|qualms ... at all"
        ),
        (
            "no|nae|nay problem|problems|prob|probs|bother|bothers|issue|issues|problemo|hassle|objection"
            "|objections|prblm"
        ),
        "not a problem|bother|issue|bother",
        "not a problem|bother at all",
        "why not|wouldnt|wudnt",
        "cant|cannot|cnt wait",
        "wouldnt|wont|not miss it",
        "ok|okay|yes|yeah|yep|sure|grand|great|perfect|fine|cool no worries|worry|bother",
        "no worries yes|ok|okay|thats|see|ill|sounds|sure|works|great|perfect",
        "sounds|looks not bad",
        "without fail|doubt",
        "no doubt|doubts",
        "couldnt be better",
        "wont be late",
        "dont see why not",
        "i dont see why not",
        "no complaints",
        "nothing better",
    ),
    no=(
        "no|n|nope|nah|na|naw|nae|noo|nooo|nay|negative|nop|noooo|neither|none|nahh|nope",
        "no way|chance",
        "no|nope|nah sorry|unfortunately|afraid",
        "sorry no|nope|cant|cannot",
        "no|nope cant|cannot",
        "not really|particularly|especially|tonight|me|likely",
        "never",
    ),
    negation=(
        (
            "not|no|never|none|nothing|nobody|noone|nor|neither|nowhere|cant|cannot|cnt|wont|dont|dnt"
            "|doesnt|didnt|isnt|arent|aint|wasnt|werent|wouldnt|shouldnt|couldnt|havent|hasnt|hadnt|amnt"
            "|mustnt|neednt|unable|impossible|without|nope|nah|naw|nae|cannae|dinnae|winnae|willnae|canny"
            "|refuse|refused|refusing|hardly|unlikely|except|nay|wldnt|cldnt|rarely|against|nt|stopped"
            "|dunt|dosnt|dosent|doesn|didn|couldn|wouldn|isn|wasn|aren|shouldn|haven|hasn|minus|opposite"
        ),
        "don|can|won t|nt",
        "instead|rather of|than",
        "apart|aside from",
        "anything|everything|anyone|anywhere but",
        "far from",
        "no longer",
    ),
    doubt=(
        "got|received|english|german|polish|russian|brother|sister",
        "night|nights|weekend|weekends",
        "every week|month|day",
        "tomorrows",
        "bill|bills|invoice|invoices|prescription|prescriptions|tablets|medication|doctors|newsletter|address",
        "letters|parcels|tooth|mole|reminder",
        (
            "but|if|unless|maybe|mayb|perhaps|possibly|possible|probably|probs|prob|prolly|might|mite"
            "|whether|weather|although|though|tho|however|depends|depending|depend|provided|providing"
            "|assuming|hopefully|hoping|hope|unsure|undecided|dunno|idk|wondering|wonder|except|until"
            "|till|til|later|once|either|pencil|provisionally|tentatively|tentative|unsure|doubt|doubtful"
            "|guess|suppose|supposed|subject|try|trying|hesitant|yesterday|ago|used"
        ),
        (
            "only if|when|after|on|for|call|text|email|message|messages|ring|want|one|once|because|about"
            "|by|urgent|important|in"
        ),
        "think|thinking|thought|mull|sleep about|on|it|over|first|of",
        "thinking",
        (
            "ask|check|see|ring|confirm|discuss|talk|chat|look|speak with|my|the|if|how|what|diary"
            "|calendar|first|work|him|her|to"
        ),
        "asking|checking|ask",
        "let|letting you|ye|u|yous|yis know",
        "lyk",
        "get|come|revert|be|ring|call|text back",
        "get|revert to you",
        "well|we|ill|lets|will see|have see|to|how|what|if",
        "when i|im|ive|my|we|the|he|she|hes|shes|its|things|it",
        "before|after i|we|my|that",
        "as long|soon as",
        "waiting|wait to|for|time",
        "sort|kind of",
        "not sure|certain",
        "sure|certain if|about|whether|yet|when",
        "make|made up|my mind",
        "decide|deciding|decided|decision",
        (
            "at|on|by|the|my last|first minute|week|month|year|night|visit|time|attempt|resort|chance"
            "|glance|sight"
        ),
        "at last|first|once",
        "my|ever|very first",
        "last|first week|month|year|night|visit|minute|chance|resort|of",
        "one|a|split|few|just|every|per|on|any sec|second|seconds|secs|thought|thoughts",
        "second|first thoughts|thought|opinion|hand|aid|name|class|language",
        "on the 1st|2nd|3rd|4th|5th|first|second|third|fourth",
        (
            "at|around|about|after|before|by|for|til|until|from|past|to|on|in|round|say 1|2|3|4|5|6|7|8|9"
            "|10|one|two|three|four|five"
        ),
        "two|three|2|3|both appointments|people|visits|times|weeks|days|months|kids|sessions|tickets|slots",
        "week on|from",
        "week|fortnight|month today|later|on",
        "i|we have|had|got|hav an|my|another|the|a appointment|appt|app|apt|date|thing",
        (
            "text|email|message|mail|whatsapp|write|call|ring|phone|post me|us|instead|only|is|by|works"
            "|them|him|her|my"
        ),
        "by|via|through|use email|post|letter|phone|text|sms|whatsapp|mail|call",
        "instead",
        "at|during|in|after|before|this|late night|nights|nighttime|midnight|work|weekend|weekends|hours",
        "so often|late|early|many",
        "this|too late|early",
        "nights|weekends|sundays|bedtime|midnight",
        "waiting|wait|cancellation|cancelation|reserve list",
        "waitlist",
        "except|apart|besides|other for|from|than|about",
        "2 book|come|go|see|make|you|u|be|late|many|much|bad",
        "me 2",
        "too early|late|soon|far|long|much",
        "what about|if",
        "how about|come",
        "not before|until",
        "for|right now while|a",
        "what|which|who|where|why|how",
        "was|were|would have|had",
        "same|like as|last|before",
        "as if",
        "my arse|ass|foot|hole|hat|eye|backside",
        "on hold",
        "never|didnt|not said|say|asked|ask|request|requested|meant|mean|wanted",
        "by mistake|accident",
        "accidentally|mistakenly",
        (
            "busy|birthday|operation|surgery|holiday|holidays|hols|funeral|wedding|exam|exams|abroad"
            "|flying|hospital"
        ),
        (
            "im|am|is|be|was|were|been|feeling|hes|shes sick|ill|unwell|away|off|working|moving"
            "|travelling|traveling|out"
        ),
        "i|we work|was|were|had|saw|went|been|seen",
        "at|in|from work",
        "moving|moved",
        "was|were",
        "ill|will|i|and|to ring|call|phone|text|email|think",
        "up to",
        "day|days|hours before|notice",
        "policy|fee|fees|charge|charged|deadline|notice",
        "thats|this|its|it me|her|him|us",
        "contact me|my|him|her|instead",
        "ill|i|need|have|to|must|just|gotta|better|and check",
        "could be|depend|have",
    ),
    filler=(
        "please|pls|plz|plss|pleas|plse|plese|pleeease|pleaseee|kindly",
        "thanks|thanx|thx|ty|tnx|ta|cheers|tks|thankyou|thnx|thnks|thks|thankx|tysm|tq|thanku|merci",
        "thank|thanking you|u|ye|yous",
        "many|much thanks|appreciated|obliged|love",
        "thanks|thank|ta|you|thx very|so|a|for|again much|million|lot|bunch|mill",
        "very|so|ever much",
        "a lot|million|bunch",
        "appreciate it|that",
        "in advance",
        (
            "thanks|thank|you for that|this|letting|the|texting|reminder|text|message|reminding|asking"
            "|getting ... know|me|back"
        ),
        "for the reminder|text|message|info|invite|offer|invitation|heads",
        "for reminding|letting|asking|texting ... me|know",
        "hi|hiya|hello|hey|heya|hullo|howdy|hallo|yo|hya|howya|heyy|helo",
        "good|gud morning|day|evening|afternoon|to|man|stuff|news",
        "there doctor|dr|doc|team|guys",
        "hi|hello|hey|hiya there|all|team|guys|folks|everyone",
        (
            "dear|doctor|doc|dr|docs|sir|madam|team|mate|pal|hun|love|lads|folks|guys|ladies|xx|xxx|xxxx"
            "|x|xo|xoxo"
        ),
        (
            "the|a|an|one|ones|that|thats|this|it|option|number|nr|num|slot|spot|appointment|appt|appmt"
            "|app|apt|apointment|visit|booking|choice|oclock|letter|answer|appointmnt|appoinment"
            "|appointement|consultation|checkup|session"
        ),
        "time|date",
        "option|choice|number|slot|letter",
        "i|we|me|us|im|on|for|to|and|so|then|just|oh|ah|ooh|aw|wow|please",
        "with me|us|that|dr|doctor|pleasure",
        "my appointment|visit|choice|preference|slot|pick|appt|option|answer|vote|favourite|booking",
        f"is|are|be|b|as|r|its|seems|looks|sounds {_FINE}|preferable|preferred",
        (
            "fine|good|great|ok|okay|perfect|grand|lovely|brilliant|brill|ideal|super|excellent|wonderful"
            "|fab|best|convenient|handy|excellent|amazing|suitable|nice"
        ),
        "works|suits|wrks|wks|sutes",
        "will|would|could|that|can|wud|wld|ill|thatll|thatd work|suit|be|do",
        (
            "works|suits|work|suit|is|best|good|fine|great|perfect|perfectly best|well|great|perfectly"
            "|fine|for|grand|me|us"
        ),
        "spot on",
        "is|are|be the best|one|easiest",
        "take|choose|pick|want|book|accept|reserve|select|picking|choosing|taking|booking|confirm|grab|wanna",
        "go|going|goin|opt|plump for|with|4|w",
        "go ahead|on",
        "id|would|we|ill|i|wud|wld like|love|go|say|take|choose|pick|be|prefer|have|want|opt|need|do",
        "like to|that|the|this|it",
        "ill|il|well|illl take|have|go|do|choose|pick|get|book|say|pop|grab|accept|opt|come|be|attend|make",
        "ill|will see you|u|ye|yous|ya",
        "i|we can|could|will|shall do|make|come|manage|attend|take|be|go",
        "can|could do|make|come|attend|manage",
        "can|could|may|cud i|we have|take|get|do|go|book|choose|pick|come|please|grab|say|reserve",
        "can|could you|u|ye book|put|schedule ... me|us|in|down",
        "i|we do|will|would|am|can|shall",
        "come|coming|pop in|on|along|at|for|then|over|down",
        "put|book|pencil me|us|my|it down|in|on|for|name",
        "book|put|schedule|sign|reserve|slot|fit|squeeze|mark|give me|us|it|that|this|the",
        "down|up for",
        "in for",
        "lets|let go|do|say|have|make|book|take|us|me",
        "make it|that",
        "be there|available|free",
        "im|am|were|i|are|be free|available|delighted|happy",
        "im|am|were happy|delighted|glad|able|ok|okay|good|fine|grand to|with|for|on|at|then|that",
        "free|available on|then|at|for|that",
        "able to come|make|do|attend",
        "happy|glad|delighted to|with come|do|take|that|attend|book|accept",
        "looking|look forward",
        "forward to it|seeing|that|meeting",
        "seeing you|ye|u|him|her",
        "see|c you|u|ya|ye|yous then|there|soon",
        "see|c you|u|ya|ye|yous",
        "have a good|great|nice|lovely day|one|weekend|evening",
        "take care",
        "god bless",
        "all the best",
        "no problem|worries at all",
        "at all",
        "out of|outta",
        "give|rate|score|giving it|you|ye|a|them|him|her|that|u",
        "id|would|ill|i give|rate|score|say",
        "for me|us",
        "prefer|preferably",
        "at that|the time",
        "that|this day|one|time|date|slot|appointment",
        "in the",
        "of the|course",
        "this week",
        "this coming",
        "really|very|absolutely|super good|great|well|nice|fine|happy|suitable|handy|kind|perfect",
        # Beside a weekday; one that is another day makes them two.
        (
            "1st|2nd|3rd|4th|5th|6th|7th|8th|9th|10th|11th|12th|13th|14th|15th|16th|17th|18th|19th|20th"
            "|21st|22nd|23rd|24th|25th|26th|27th|28th|29th|30th|31st"
        ),
        "#",
    ),
    farewell=(
        "regards|rgds|sincerely|faithfully|kr|br",
        "kind|best|warm|kindest|warmest regards|wishes",
        "many thanks and regards",
        "yours sincerely|faithfully|truly",
        "all the best",
        "signed",
        "my name is",
    ),
    ordinals={"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
    | {"fifth": 5, "5th": 5, "two": 2, "three": 3, "four": 4, "five": 5, "last": -1, "frist": 1, "secnd": 2}
    | {"lst": -1},
    scores={"zero": 0, "nought": 0, "nil": 0, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
    | {"seven": 7, "eight": 8, "nine": 9, "ten": 10},
    time=TIME,
    unsure=(
        "oh great",
        "great just great",
        "yeah ok",
        "fine me",
    ),
)
