"""What states are called beside their English names in CLDR, by hand: in their own language, and short."""

from services.sender.domain.gazetteer import folded

_TEXT = {
    "AR": "b=buenos aires|c=ciudad autonoma de buenos aires/caba/capital federal",
    "AO": "mal=malange",
    "AT": "2=karnten/kaernten|3=niederosterreich/niederoesterreich|4=oberosterreich/oberoesterreich|6=steiermark|7=tirol"
    "|9=wien",
    "BE": "vlg=vlaams gewest/vlaanderen/antwerpen/oost vlaanderen/west vlaanderen/vlaams brabant/limburg"
    "|wal=wallonie/region wallonne/wallonne/brabant wallon/hainaut/liege/namur|bru=bruxelles/brussel/bruxelles capitale"
    "/region de bruxelles capitale",
    "BG": "23=sofia",
    "BO": "b=el beni",
    "BR": "df=distrito federal",
    "CA": "nl=newfoundland/nfld/nf|pe=pei|qc=pq|yt=yukon territory|nt=nwt",
    "CD": "bc=kongo central|nk=nord kivu|sk=sud kivu",
    "CH": "be=berne|ge=geneve/genf|lu=luzern|sg=sankt gallen/st gallen|gr=graubunden/grisons|ti=tessin|vd=waadt|vs=wallis"
    "|zh=zurich/zuerich|fr=freiburg|ne=neuenburg",
    "CL": "ai=aysen/aisen del general carlos ibanez del campo|ma=magallanes|bi=biobio|ar=la araucania"
    "|rm=region metropolitana de santiago/region metropolitana",
    "CN": "xj=xinjiang uygur zizhiqu/xinjiang uyghur|xz=xizang|nm=nei mongol/inner mongolia|hk=hong kong|mo=macao|tw=taiwan",
    "DE": "bw=baden wuerttemberg/baden wurttemberg|by=bayern|he=hessen|ni=niedersachsen|nw=nordrhein westfalen/nrw"
    "|rp=rheinland pfalz|sn=sachsen|st=sachsen anhalt|th=thuringen/thueringen",
    "ES": "an=andalucia/sevilla|ar=aragon|as=principado de asturias/asturias principado de|cl=castilla y leon"
    "|cm=castilla la mancha|cn=canarias/islas canarias|ct=cataluna/catalunya/gerona/lerida|ex=extremadura"
    "|ga=la coruna/a coruna/orense/galiza|ib=illes balears/islas baleares/baleares"
    "|mc=murcia/region de murcia/murcia region de|md=comunidad de madrid/madrid/madrid comunidad de"
    "|nc=navarre/navarra/comunidad foral de navarra|pv=pais vasco/euskadi/bizkaia/vizcaya/gipuzkoa/guipuzcoa"
    "|vc=comunidad valenciana/comunitat valenciana/valenciana",
    "FI": "02=etela karjala|03=etela pohjanmaa|04=etela savo|06=kanta hame|07=keski pohjanmaa|08=keski suomi|10=lappi"
    "|12=pohjanmaa|13=pohjois karjala|14=pohjois pohjanmaa|15=pohjois savo|16=paijat hame|19=varsinais suomi",
    "FR": "6ae=alsace|bfc=bourgogne franche comte|bre=bretagne|idf=ile de france|nor=normandy"
    "|20r=corse/corsica|bl=saint barthelemy|mf=saint martin|nc=nouvelle caledonie|pf=polynesie francaise"
    "|pm=saint pierre et miquelon|tf=terres australes francaises|wf=wallis et futuna|cp=clipperton|re=reunion",
    "GB": "wls=cymru/swansea/abertawe/cardiff/caerdydd/newport/casnewydd/anglesey/isle of anglesey/rhondda cynon taff"
    "|sct=city of edinburgh/edinburgh/glasgow/aberdeen/dundee/eilean siar/shetland islands|nir=belfast"
    "|eng=bristol/city of bristol/city of london/county durham/durham county/peterborough/st helens",
    "ID": "ji=jawa timur|jb=jawa barat|jt=jawa tengah|jk=jakarta/dki jakarta/jakarta raya|jw=jawa|kb=kalimantan barat"
    "|ks=kalimantan selatan|kt=kalimantan tengah|ki=kalimantan timur|ku=kalimantan utara|bb=kepulauan bangka belitung"
    "|kr=kepulauan riau|mu=maluku utara|nu=nusa tenggara|nb=nusa tenggara barat|nt=nusa tenggara timur|pb=papua barat"
    "|sr=sulawesi barat|sn=sulawesi selatan|st=sulawesi tengah|sg=sulawesi tenggara|sa=sulawesi utara|sm=sumatera"
    "|sb=sumatera barat|ss=sumatera selatan|su=sumatera utara",
    "IT": "21=piemonte|23=valle daosta|25=lombardia|32=trentino alto adige|52=toscana|75=puglia|82=sicilia|88=sardegna"
    "|bz=bolzano/sudtirol|fi=firenze|ge=genova|mb=monza e brianza|mi=milano|mn=mantova|ms=massa carrara|na=napoli|pd=padova"
    "|pu=pesaro e urbino|rm=roma|sr=siracusa|tn=trento|to=torino|ve=venezia",
    "MN": "043=hovd|046=uvs|071=bayan olgiy|073=arhangay|069=bayanhongor|057=dzavhan|041=hovsgol|055=ovorhangay",
    "MX": "agu=ags|bcn=bc|cmx=cdmx/df/mexico city|coa=coahuila de zaragoza|mex=estado de mexico/edomex/mexico"
    "|mic=michoacan de ocampo|nle=nl|roo=qr/q roo|ver=veracruz de ignacio de la llave",
    "MY": "04=melaka|07=pulau pinang|14=wilayah persekutuan kuala lumpur|15=wilayah persekutuan labuan"
    "|16=wilayah persekutuan putrajaya",
    "NI": "an=costa caribe norte|as=costa caribe sur",
    "NL": "fr=fryslan|nb=noord brabant|nh=noord holland|zh=zuid holland|aw=aruba|cw=curacao|sx=sint maarten",
    "NZ": "wgn=greater wellington|mwt=manawatu whanganui|mbh=marlborough|cit=chatham islands territory",
    "PE": "lim=lima",
    "PG": "ncd=port moresby|npp=northern|san=west sepik",
    "PL": "02=dolnoslaskie|04=kujawsko pomorskie|06=lubelskie|08=lubuskie|10=lodzkie|12=malopolskie|14=mazowieckie"
    "|16=opolskie|18=podkarpackie|20=podlaskie|22=pomorskie|24=slaskie|26=swietokrzyskie|28=warminsko mazurskie"
    "|30=wielkopolskie|32=zachodniopomorskie",
    "PT": "11=lisboa|20=acores/regiao autonoma dos acores|30=regiao autonoma da madeira",
    "RU": "ad=adygeya|al=altay|alt=altayskiy kray/altai krai|amu=amurskaya oblast|ark=arkhangelskaya oblast"
    "|ast=astrakhanskaya oblast|ba=bashkortostan|bel=belgorodskaya oblast|bry=bryanskaya oblast|bu=buryatiya"
    "|ce=chechenskaya respublika|che=chelyabinskaya oblast|chu=chukotskiy avtonomnyy okrug|cu=chuvashskaya respublika"
    "|da=dagestan|in=ingushetiya|irk=irkutskaya oblast|iva=ivanovskaya oblast|kb=kabardino balkarskaya respublika"
    "|kgd=kaliningradskaya oblast|kl=kalmykiya|klu=kaluzhskaya oblast|kam=kamchatskiy kray"
    "|kc=karachayevo cherkesskaya respublika|kr=kareliya|kem=kemerovskaya oblast|kha=khabarovskiy kray|kk=khakasiya"
    "|khm=khanty mansiyskiy avtonomnyy okrug|kir=kirovskaya oblast|ko=komi|kos=kostromskaya oblast|kda=krasnodarskiy kray"
    "|kya=krasnoyarskiy kray|kgn=kurganskaya oblast|krs=kurskaya oblast|len=leningradskaya oblast|lip=lipetskaya oblast"
    "|mag=magadanskaya oblast|me=mariy el|mo=mordoviya|mos=moskovskaya oblast/moscow oblast|mow=moskva/moscow"
    "|mur=murmanskaya oblast|nen=nenetskiy avtonomnyy okrug|niz=nizhegorodskaya oblast|ngr=novgorodskaya oblast"
    "|nvs=novosibirskaya oblast|oms=omskaya oblast|ore=orenburgskaya oblast|orl=orlovskaya oblast|pnz=penzenskaya oblast"
    "|per=permskiy kray|pri=primorskiy kray|psk=pskovskaya oblast|ros=rostovskaya oblast|rya=ryazanskaya oblast"
    "|sa=saha/sakha/yakutia|sak=sakhalinskaya oblast|sam=samarskaya oblast|spe=sankt peterburg/st petersburg"
    "|sar=saratovskaya oblast|se=severnaya osetiya|smo=smolenskaya oblast|sta=stavropolskiy kray|sve=sverdlovskaya oblast"
    "|tam=tambovskaya oblast|ta=tatarstan|tom=tomskaya oblast|tul=tulskaya oblast|tve=tverskaya oblast"
    "|tyu=tyumenskaya oblast|ty=tyva|ud=udmurtskaya respublika|uly=ulyanovskaya oblast|vla=vladimirskaya oblast"
    "|vgg=volgogradskaya oblast|vlg=vologodskaya oblast|vor=voronezhskaya oblast|yan=yamalo nenetskiy avtonomnyy okrug"
    "|yar=yaroslavskaya oblast|yev=yevreyskaya avtonomnaya oblast|zab=zabaykalskiy kray",
    "SE": "ab=stockholms lan|ac=vasterbottens lan|bd=norrbottens lan|c=uppsala lan|d=sodermanlands lan|e=ostergotlands lan"
    "|f=jonkopings lan|g=kronobergs lan|h=kalmar lan|i=gotlands lan|k=blekinge lan|m=skane lan|n=hallands lan"
    "|o=vastra gotalands lan|s=varmlands lan|t=orebro lan|u=vastmanlands lan|w=dalarnas lan|x=gavleborgs lan"
    "|y=vasternorrlands lan|z=jamtlands lan",
    "UA": "05=vinnytska oblast|07=volynska oblast|09=luhanska oblast|12=dnipropetrovska oblast|14=donetska oblast"
    "|18=zhytomyrska oblast|21=zakarpatska oblast|23=zaporizka oblast|26=ivano frankivska oblast|32=kyivska oblast"
    "|35=kirovohradska oblast|43=avtonomna respublika krym|46=lvivska oblast|48=mykolaivska oblast|51=odeska oblast"
    "|53=poltavska oblast|56=rivnenska oblast|59=sumska oblast|61=ternopilska oblast|63=kharkivska oblast"
    "|65=khersonska oblast|68=khmelnytska oblast|71=cherkaska oblast|74=chernihivska oblast|77=chernivetska oblast",
    "US": "as=american samoa|dc=district of columbia/washington dc/washington d c/d c|gu=guam"
    "|mp=northern mariana islands|pr=puerto rico|um=united states minor outlying islands|vi=virgin islands/virgin islands us"
    "/us virgin islands",
}


def _names(text: str) -> dict[str, set[str]]:
    pairs = (pair.partition("=") for pair in text.split("|"))
    return {code: {folded(name) for name in names.split("/")} for code, _, names in pairs}


def _republics(country: str, codes: str) -> None:
    for code in codes.split():
        names = STATE_NAMES[country][code]
        names |= {f"{name} respublika" for name in names} | {f"respublika {name}" for name in names}


STATE_NAMES = {country: _names(text) for country, text in _TEXT.items()}
"""Of each country the own part of a state's ISO 3166-2 code, in small letters, and its folded names. They come before CLDR's."""
_republics("RU", "ad al ba bu da in kl kr kk ko me mo sa se ta ty")
