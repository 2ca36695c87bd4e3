// Generated from the server's tables by `make gen`; do not edit.

import type { Kind } from '../fault.js';

/** One fault that the server or the device defines. */
export interface Code {
  kind: Kind;
  en: string;
  it: string;
}

/** Every fault by its code, with its sentence in English and in Italian. */
export const codes = {
  'api.body': {
    kind: 'invalid',
    en: 'The request body could not be read.',
    it: 'Il corpo della richiesta non è leggibile.',
  },
  'api.busy': {
    kind: 'busy',
    en: 'Too many photos are arriving at once. Try again in a moment.',
    it: 'Stanno arrivando troppe foto insieme. Riprova tra poco.',
  },
  'api.content_type': {
    kind: 'invalid',
    en: 'The request body is of a type that is not accepted here.',
    it: 'Il tipo di contenuto della richiesta non è accettato qui.',
  },
  'api.draining': {
    kind: 'busy',
    en: 'The server is restarting. Try again in a moment.',
    it: 'Il server si sta riavviando. Riprova tra poco.',
  },
  'api.empty_body': {
    kind: 'invalid',
    en: 'The request has no body.',
    it: 'La richiesta è vuota.',
  },
  'api.limited': {
    kind: 'limited',
    en: 'Too many requests. Try again in a moment.',
    it: 'Troppe richieste. Riprova tra poco.',
  },
  'api.required': {
    kind: 'invalid',
    en: 'This field is required.',
    it: 'Questo campo è obbligatorio.',
  },
  'api.sign_in': {
    kind: 'unauthenticated',
    en: 'Sign in first.',
    it: 'Prima accedi.',
  },
  'api.slow': {
    kind: 'busy',
    en: 'The request stopped arriving. Send it again.',
    it: 'La richiesta si è interrotta. Inviala di nuovo.',
  },
  'api.streams': {
    kind: 'limited',
    en: 'You have too many open streams. Close one first.',
    it: 'Hai troppi flussi aperti. Chiudine uno.',
  },
  'api.too_large': {
    kind: 'too_large',
    en: 'That is more than one request may bring.',
    it: 'La richiesta è troppo grande.',
  },
  'api.unknown_field': {
    kind: 'invalid',
    en: 'This field is not known here.',
    it: 'Questo campo non è previsto.',
  },
  'api.value': {
    kind: 'invalid',
    en: 'The value of this field cannot be used.',
    it: 'Il valore di questo campo non è utilizzabile.',
  },
  'area.changed_since': {
    kind: 'conflict',
    en: 'Areas of that import have changed since: revert the later change first.',
    it: 'Alcune aree di quell\'importazione sono cambiate in seguito: annulla prima la modifica più recente.',
  },
  'area.checked': {
    kind: 'invalid',
    en: 'Nothing was saved: checkOnly is on.',
    it: 'Non è stato salvato nulla: checkOnly è attivo.',
  },
  'area.days': {
    kind: 'conflict',
    en: 'There is another version of the area on some of those days: end that one first.',
    it: 'In alcuni di quei giorni esiste già un\'altra versione dell\'area: chiudi prima quella.',
  },
  'area.end': {
    kind: 'conflict',
    en: 'Reports lie in this version of the area: it can end now or later, not in the past.',
    it: 'In questa versione dell\'area ci sono segnalazioni: può finire da ora in poi, non nel passato.',
  },
  'area.held': {
    kind: 'conflict',
    en: 'Somebody\'s role is limited to this area. End the area with a date, or change those roles first.',
    it: 'C\'è chi ha un ruolo limitato a quest\'area. Chiudi l\'area con una data, oppure cambia prima quei ruoli.',
  },
  'area.import_interrupted': {
    kind: 'conflict',
    en: 'The server stopped in the middle of this import. Nothing of it was kept: send the file again.',
    it: 'Il server si è fermato a metà di questa importazione. Nulla è stato salvato: invia di nuovo il file.',
  },
  'area.import_large': {
    kind: 'too_large',
    en: 'The file is larger than an import may be: simplify the boundaries or send them in parts.',
    it: 'Il file supera quanto si può importare: semplifica i confini o invialo in più parti.',
  },
  'area.import_none': {
    kind: 'not_found',
    en: 'There is no such import, or it is not for you.',
    it: 'L\'importazione non esiste o non è per te.',
  },
  'area.import_not_done': {
    kind: 'conflict',
    en: 'Only an import that was put in force can be reverted.',
    it: 'Si può annullare solo un\'importazione già in vigore.',
  },
  'area.import_state': {
    kind: 'conflict',
    en: 'The import is not at the step where that can be done.',
    it: 'L\'importazione non è nella fase in cui si può fare.',
  },
  'area.import_withdrawn': {
    kind: 'conflict',
    en: 'That import was taken back before its day, and nothing of it was kept: import the file again.',
    it: 'Quell\'importazione è stata ritirata prima del suo giorno e nulla ne è rimasto: importa di nuovo il file.',
  },
  'area.imports_full': {
    kind: 'limited',
    en: 'Too many imports wait for a decision: commit or discard some.',
    it: 'Troppe importazioni attendono una decisione: confermane o scartane alcune.',
  },
  'area.none': {
    kind: 'not_found',
    en: 'There is no such area.',
    it: 'Quest\'area non esiste.',
  },
  'area.nothing': {
    kind: 'not_found',
    en: 'There is nothing here for you.',
    it: 'Qui non c\'è nulla per te.',
  },
  'area.option': {
    kind: 'invalid',
    en: 'An option is missing or has no such value.',
    it: 'Un\'opzione manca o non ha un valore ammesso.',
  },
  'area.preview_stale': {
    kind: 'conflict',
    en: 'The areas changed after this preview: look at the new one, which is being made.',
    it: 'Le aree sono cambiate dopo questa anteprima: guarda quella nuova, in preparazione.',
  },
  'area.selector': {
    kind: 'invalid',
    en: 'A selector is JSON such as {"siteTypes":["cs"]}, with siteTypes, objectTypes and orgs.',
    it: 'Un selettore è JSON come {"siteTypes":["cs"]}, con siteTypes, objectTypes e orgs.',
  },
  'area.used': {
    kind: 'conflict',
    en: 'Reports lie in this version of the area, and what it was stays. End it with a date and add another.',
    it: 'In questa versione dell\'area ci sono segnalazioni, e com\'era resta. Chiudila con una data e aggiungine un\'altra.',
  },
  'call.id': {
    kind: 'invalid',
    en: 'A call needs an id of its own: 15 characters of a-z and 0-9.',
    it: 'Una chiamata ha bisogno di un identificativo: 15 caratteri fra a-z e 0-9.',
  },
  'call.reused': {
    kind: 'conflict',
    en: 'Another call was made under this id.',
    it: 'Con questo identificativo è già stata fatta un\'altra chiamata.',
  },
  'cluster.parameter': {
    kind: 'invalid',
    en: 'This parameter is out of its range.',
    it: 'Questo parametro è fuori dal suo intervallo.',
  },
  'cluster.point': {
    kind: 'invalid',
    en: 'This point cannot be placed: it needs a longitude from -180 to 180, a latitude from -90 to 90 and a time.',
    it: 'Questo punto non si può collocare: servono una longitudine da -180 a 180, una latitudine da -90 a 90 e un istante.',
  },
  'crs.malformed': {
    kind: 'invalid',
    en: 'The description of the coordinate system is malformed: export the file again, or name the system.',
    it: 'La descrizione del sistema di coordinate è malformata: esporta di nuovo il file, oppure indica il sistema.',
  },
  'crs.outside': {
    kind: 'invalid',
    en: 'The position is far outside the area of its coordinate system: check that the file names the right one.',
    it: 'La posizione è molto lontana dall\'area del suo sistema di coordinate: controlla che il file indichi quello giusto.',
  },
  'crs.unknown': {
    kind: 'invalid',
    en: 'The coordinate system is not one this program knows: say which of EPSG:4326, 32632, 32633, 25832, 25833, 6707, 6708, 7791, 7792, 6875, 6876, 3003, 3004 or 3035 it is, or export the file as WGS84 (EPSG:4326).',
    it: 'Il sistema di coordinate non è tra quelli che questo programma conosce: indica quale tra EPSG:4326, 32632, 32633, 25832, 25833, 6707, 6708, 7791, 7792, 6875, 6876, 3003, 3004 o 3035 è, oppure esporta il file in WGS84 (EPSG:4326).',
  },
  'device.behind': {
    kind: 'conflict',
    en: 'The server says that a change is missing which it was sent.',
    it: 'Il server dice che manca una modifica che gli è stata inviata.',
  },
  'device.corrupt': {
    kind: 'internal',
    en: 'The local store is damaged.',
    it: 'L\'archivio locale è danneggiato.',
  },
  'device.deferred': {
    kind: 'busy',
    en: 'The server cannot take the changes now; they wait on the device.',
    it: 'Il server non può accettare ora le modifiche; restano sul dispositivo.',
  },
  'device.forbidden': {
    kind: 'forbidden',
    en: 'Only an administrator or a service manager wipes a device, or takes that back.',
    it: 'Solo un amministratore o un responsabile del servizio cancella un dispositivo o ritira la cancellazione.',
  },
  'device.invalid': {
    kind: 'invalid',
    en: 'The device is not well described.',
    it: 'Il dispositivo non è descritto correttamente.',
  },
  'device.locked': {
    kind: 'forbidden',
    en: 'This device is locked. What waits on it was handed in.',
    it: 'Questo dispositivo è bloccato. Ciò che era in attesa è stato consegnato.',
  },
  'device.none': {
    kind: 'not_found',
    en: 'There is no such device.',
    it: 'Questo dispositivo non esiste.',
  },
  'device.not_wiped': {
    kind: 'conflict',
    en: 'This device was not told to destroy what it holds.',
    it: 'A questo dispositivo non è stato chiesto di distruggere i suoi dati.',
  },
  'device.silent': {
    kind: 'busy',
    en: 'The server has fallen silent; the device will ask again.',
    it: 'Il server non dà segni di vita; il dispositivo riproverà.',
  },
  'device.state': {
    kind: 'invalid',
    en: 'A device is active, locked or wipe, and a reason is needed.',
    it: 'Un dispositivo è active, locked o wipe, e serve una motivazione.',
  },
  'device.torn': {
    kind: 'busy',
    en: 'The answer broke off; what came is kept and the rest will be asked for.',
    it: 'La risposta si è interrotta; ciò che è arrivato è conservato.',
  },
  'device.wiped': {
    kind: 'forbidden',
    en: 'This device was wiped by its administrator.',
    it: 'Questo dispositivo è stato cancellato dall\'amministratore.',
  },
  'device.wiped_already': {
    kind: 'conflict',
    en: 'This device has destroyed what it held. It can start anew with another id.',
    it: 'Questo dispositivo ha distrutto i suoi dati. Può ricominciare con un altro id.',
  },
  'duplicates.figures': {
    kind: 'not_found',
    en: 'There are no such figures, or they are not for you.',
    it: 'Questi dati non esistono o non sono visibili per te.',
  },
  'duplicates.not_suggested': {
    kind: 'not_found',
    en: 'That report was not suggested as a duplicate of this one.',
    it: 'Quella segnalazione non è stata proposta come doppione di questa.',
  },
  'duplicates.period': {
    kind: 'invalid',
    en: 'A period begins before it ends, each a day (2026-11-20) or a moment (2026-11-20T08:00:00Z).',
    it: 'Un periodo comincia prima di finire; inizio e fine sono un giorno (2026-11-20) o un istante (2026-11-20T08:00:00Z).',
  },
  'export.busy': {
    kind: 'busy',
    en: 'Other exports are being written, yours or somebody else\'s. Try again in a moment.',
    it: 'Altre esportazioni, tue o di altri, sono in corso. Riprova tra poco.',
  },
  'export.format': {
    kind: 'invalid',
    en: 'An export is geojson, gpkg or csv.',
    it: 'Un\'esportazione è geojson, gpkg o csv.',
  },
  'export.too_large': {
    kind: 'too_large',
    en: 'That is more than one export may hold: narrow it by district, state, place or time.',
    it: 'È più di quanto un\'esportazione possa contenere: restringila per distretto, stato, luogo o periodo.',
  },
  'fcm.config': {
    kind: 'invalid',
    en: 'The settings of Firebase Cloud Messaging do not fit together.',
    it: 'Le impostazioni di Firebase Cloud Messaging non sono coerenti.',
  },
  'fcm.tooLong': {
    kind: 'internal',
    en: 'The push message is longer than four kilobytes.',
    it: 'Il messaggio push supera i quattro kilobyte.',
  },
  'format.archive': {
    kind: 'invalid',
    en: 'The archive is damaged, locked or lacks a part: pack the files again, without a password.',
    it: 'L\'archivio è danneggiato, protetto o incompleto: comprimi di nuovo i file, senza password.',
  },
  'format.charset': {
    kind: 'invalid',
    en: 'The text\'s encoding is not one this program knows: name it, or export the file as UTF-8.',
    it: 'La codifica del testo non è tra quelle che questo programma conosce: indicala, oppure esporta il file in UTF-8.',
  },
  'format.csv': {
    kind: 'invalid',
    en: 'The table has no column with shapes: name one wkt or geometry in its first line.',
    it: 'La tabella non ha una colonna con le forme: chiamane una wkt o geometry nella prima riga.',
  },
  'format.degrees': {
    kind: 'invalid',
    en: 'The coordinates look like degrees, but their system is in metres: export the file again with the right system, or as WGS84 (EPSG:4326).',
    it: 'Le coordinate sembrano gradi, ma il loro sistema è in metri: esporta di nuovo il file con il sistema giusto, o in WGS84 (EPSG:4326).',
  },
  'format.geopackage': {
    kind: 'invalid',
    en: 'A GeoPackage cannot be read here: import it with the program or over its API.',
    it: 'Un GeoPackage non si può leggere qui: importalo con il programma o con la sua API.',
  },
  'format.inflated': {
    kind: 'too_large',
    en: 'The archive unfolds into much more than an import may hold: send the files that are needed and nothing else.',
    it: 'L\'archivio si espande ben oltre quanto si può importare: invia solo i file necessari.',
  },
  'format.kml': {
    kind: 'invalid',
    en: 'The file is not well-formed KML: export it again.',
    it: 'Il file non è un KML ben formato: esportalo di nuovo.',
  },
  'format.shapefile': {
    kind: 'invalid',
    en: 'The shapefile is damaged: export it again, and zip .shp, .dbf and .prj together.',
    it: 'Lo shapefile è danneggiato: esportalo di nuovo e comprimi insieme .shp, .dbf e .prj.',
  },
  'format.table': {
    kind: 'invalid',
    en: 'The table is malformed: export it again, with texts that hold separators in quotes.',
    it: 'La tabella è malformata: esportala di nuovo, con le virgolette attorno ai testi che contengono separatori.',
  },
  'format.unknown': {
    kind: 'invalid',
    en: 'The file is in no form that can be read: send GeoJSON, TopoJSON, a GeoPackage, a zipped shapefile, KML, KMZ, WKT, or CSV with a column wkt.',
    it: 'Il file non è in una forma leggibile: invia GeoJSON, TopoJSON, un GeoPackage, uno shapefile in zip, KML, KMZ, WKT, oppure CSV con una colonna wkt.',
  },
  'format.wkt': {
    kind: 'invalid',
    en: 'The text is not the WKT of a Polygon or a MultiPolygon: export it again.',
    it: 'Il testo non è il WKT di un Polygon o di un MultiPolygon: esportalo di nuovo.',
  },
  'geo.antimeridian': {
    kind: 'invalid',
    en: 'A border goes over the 180th meridian in a way that does not say what is inside: cut the area there, as RFC 7946 3.1.9 asks.',
    it: 'Un confine passa oltre il meridiano 180 in un modo che non dice che cosa sta dentro: taglia lì l\'area, come chiede RFC 7946 3.1.9.',
  },
  'geo.arc': {
    kind: 'invalid',
    en: 'The shape uses an arc that is missing or malformed: export the topology again, with all its arcs.',
    it: 'La forma usa un arco mancante o malformato: esporta di nuovo la topologia, con tutti i suoi archi.',
  },
  'geo.area_code': {
    kind: 'invalid',
    en: 'The area has no code.',
    it: 'L\'area non ha un codice.',
  },
  'geo.area_kind': {
    kind: 'invalid',
    en: 'The area is of no known kind.',
    it: 'Il tipo di area non esiste.',
  },
  'geo.area_selector': {
    kind: 'invalid',
    en: 'An overlay needs a selector, or it would take every report.',
    it: 'Un\'area sovrapposta ha bisogno di un selettore, altrimenti prenderebbe ogni segnalazione.',
  },
  'geo.area_source': {
    kind: 'invalid',
    en: 'The area comes from no known source.',
    it: 'La provenienza dell\'area non è fra quelle previste.',
  },
  'geo.area_twice': {
    kind: 'invalid',
    en: 'Two areas have the same identifier, or the same kind and code on the same days.',
    it: 'Due aree hanno lo stesso identificativo, oppure lo stesso tipo e codice negli stessi giorni.',
  },
  'geo.area_validity': {
    kind: 'invalid',
    en: 'The area ends before it begins.',
    it: 'L\'area finisce prima di cominciare.',
  },
  'geo.code_missing': {
    kind: 'invalid',
    en: 'The feature lacks the property that holds its code: give it one, or name the property that does.',
    it: 'All\'elemento manca la proprietà con il codice: aggiungila, oppure indica la proprietà che lo contiene.',
  },
  'geo.code_twice': {
    kind: 'invalid',
    en: 'Two features have the same code: join them or give each its own.',
    it: 'Due elementi hanno lo stesso codice: uniscili o dai a ciascuno il suo.',
  },
  'geo.coordinates': {
    kind: 'invalid',
    en: 'The coordinates are not lists of [longitude, latitude] pairs as deep as the type asks: write them so or export the feature again.',
    it: 'Le coordinate non sono liste di coppie [longitudine, latitudine] della profondità richiesta dal tipo: scrivile così o esporta di nuovo l\'elemento.',
  },
  'geo.crs': {
    kind: 'invalid',
    en: 'The file names a coordinate system that is not WGS84: export it again as EPSG:4326.',
    it: 'Il file indica un sistema di coordinate diverso da WGS84: esportalo di nuovo come EPSG:4326.',
  },
  'geo.csv': {
    kind: 'invalid',
    en: 'The table needs a lon and a lat column.',
    it: 'La tabella ha bisogno di una colonna lon e di una lat.',
  },
  'geo.empty': {
    kind: 'invalid',
    en: 'The feature has no geometry: draw it or leave it out.',
    it: 'L\'elemento non ha geometria: disegnala o togli l\'elemento.',
  },
  'geo.encoding': {
    kind: 'invalid',
    en: 'The text is not in the encoding that it should be in: save the file as UTF-8, or name its charset.',
    it: 'Il testo non è nella codifica che dovrebbe avere: salva il file in UTF-8, oppure indica la sua codifica (charset).',
  },
  'geo.extent': {
    kind: 'invalid',
    en: 'The feature lies outside the extent that was asked for: name the right extent, correct the coordinates or leave the feature out.',
    it: 'L\'elemento sta fuori dall\'estensione richiesta: indica l\'estensione giusta, correggi le coordinate o togli l\'elemento.',
  },
  'geo.few_points': {
    kind: 'invalid',
    en: 'A ring needs at least four points, the last equal to the first: add the points that lack or remove the ring.',
    it: 'Un anello ha bisogno di almeno quattro punti, l\'ultimo uguale al primo: aggiungi i punti che mancano o elimina l\'anello.',
  },
  'geo.geometry_type': {
    kind: 'invalid',
    en: 'An area is a Polygon or a MultiPolygon: draw it as one or leave the feature out.',
    it: 'Un\'area è un Polygon o un MultiPolygon: disegnala così o togli l\'elemento.',
  },
  'geo.hole_outside': {
    kind: 'invalid',
    en: 'A hole is not inside its shell: make it a polygon of its own or move it.',
    it: 'Un buco non è dentro il suo contorno: fanne un poligono a sé o spostalo.',
  },
  'geo.layer': {
    kind: 'invalid',
    en: 'The file holds several layers, or not the one that was asked for: name one of them.',
    it: 'Il file contiene più livelli, o non quello richiesto: indicane uno.',
  },
  'geo.metres': {
    kind: 'invalid',
    en: 'The coordinates look like metres, not degrees: export the boundaries as WGS84 (EPSG:4326).',
    it: 'Le coordinate sembrano metri, non gradi: esporta i confini in WGS84 (EPSG:4326).',
  },
  'geo.no_features': {
    kind: 'invalid',
    en: 'The file holds no feature: export the layer with its areas.',
    it: 'Il file non contiene elementi: esporta il livello con le sue aree.',
  },
  'geo.no_position': {
    kind: 'invalid',
    en: 'The position is not on the earth: longitude goes from -180 to 180, latitude from -90 to 90.',
    it: 'La posizione non è sulla terra: la longitudine va da -180 a 180, la latitudine da -90 a 90.',
  },
  'geo.not_finite': {
    kind: 'invalid',
    en: 'A coordinate is not a finite number: correct the vertex or remove it.',
    it: 'Una coordinata non è un numero finito: correggi il vertice o eliminalo.',
  },
  'geo.not_geojson': {
    kind: 'invalid',
    en: 'The file is JSON, but neither GeoJSON nor TopoJSON: export it again as one of them.',
    it: 'Il file è JSON, ma non è né GeoJSON né TopoJSON: esportalo di nuovo in uno di questi formati.',
  },
  'geo.not_json': {
    kind: 'invalid',
    en: 'The file is not JSON: export it again.',
    it: 'Il file non è JSON: esportalo di nuovo.',
  },
  'geo.null_island': {
    kind: 'invalid',
    en: 'The position is 0,0, which is what a device sends when it knows none.',
    it: 'La posizione è 0,0, quella che un dispositivo manda quando non ne conosce nessuna.',
  },
  'geo.open_ring': {
    kind: 'invalid',
    en: 'A ring is open: repeat its first point at its end.',
    it: 'Un anello è aperto: ripeti il suo primo punto alla fine.',
  },
  'geo.overlap_parts': {
    kind: 'invalid',
    en: 'Two parts of the feature cover the same place: join them into one.',
    it: 'Due parti dell\'elemento coprono lo stesso luogo: uniscile in una.',
  },
  'geo.priority': {
    kind: 'invalid',
    en: 'A priority is a whole number from -1000000000 to 1000000000: correct it, or name the property that holds it.',
    it: 'Una priorità è un numero intero da -1000000000 a 1000000000: correggila, oppure indica la proprietà che la contiene.',
  },
  'geo.range': {
    kind: 'invalid',
    en: 'A position lies outside the earth: longitude goes from -180 to 180, latitude from -90 to 90. Correct the vertex, or name the coordinate system of the file.',
    it: 'Una posizione è fuori dalla terra: la longitudine va da -180 a 180, la latitudine da -90 a 90. Correggi il vertice, oppure indica il sistema di coordinate del file.',
  },
  'geo.self_intersection': {
    kind: 'invalid',
    en: 'The border crosses or touches itself: move the points near the place shown.',
    it: 'Il confine incrocia o tocca se stesso: sposta i punti vicino al luogo indicato.',
  },
  'geo.snap': {
    kind: 'invalid',
    en: 'Borders can be snapped over more than 0 and at most 100 metres.',
    it: 'I confini si possono agganciare per più di 0 e al massimo 100 metri.',
  },
  'geo.swapped': {
    kind: 'invalid',
    en: 'Longitude and latitude look swapped: write each position as [longitude, latitude].',
    it: 'Longitudine e latitudine sembrano scambiate: scrivi ogni posizione come [longitudine, latitudine].',
  },
  'geo.table': {
    kind: 'invalid',
    en: 'The table of districts is malformed.',
    it: 'La tabella dei distretti è malformata.',
  },
  'geo.table_province': {
    kind: 'invalid',
    en: 'The boundaries lack a province that the table names: use newer ones or add an alias.',
    it: 'Ai confini manca una provincia nominata nella tabella: usane di più recenti o aggiungi un alias.',
  },
  'geo.table_row': {
    kind: 'invalid',
    en: 'A row of the table is incomplete.',
    it: 'Una riga della tabella è incompleta.',
  },
  'geo.table_twice': {
    kind: 'invalid',
    en: 'The table names something twice.',
    it: 'La tabella nomina qualcosa due volte.',
  },
  'geo.table_unknown': {
    kind: 'invalid',
    en: 'A row of the table names something that the table does not hold.',
    it: 'Una riga della tabella nomina qualcosa che la tabella non contiene.',
  },
  'geo.tangled': {
    kind: 'too_large',
    en: 'The border is too tangled to be checked: simplify it.',
    it: 'Il confine è troppo intricato per essere controllato: semplificalo.',
  },
  'geo.too_large': {
    kind: 'too_large',
    en: 'The boundaries are larger than an import may be: simplify them or import them in parts.',
    it: 'I confini superano quanto si può importare: semplificali o importali in più parti.',
  },
  'geo.truncated': {
    kind: 'invalid',
    en: 'The file ends in the middle: it was cut on its way, send it again.',
    it: 'Il file finisce a metà: è stato troncato, invialo di nuovo.',
  },
  'geo.version': {
    kind: 'conflict',
    en: 'There is another version of the area from that day or later: choose a later day, or revert the import that brought it.',
    it: 'Esiste già un\'altra versione dell\'area da quel giorno o successiva: scegli un giorno seguente, oppure annulla l\'importazione che l\'ha portata.',
  },
  'geo.words': {
    kind: 'invalid',
    en: 'A code or a name is one line of at most 200 characters, without control characters: shorten or clean it.',
    it: 'Un codice o un nome è una sola riga di al massimo 200 caratteri, senza caratteri di controllo: abbrevialo o ripuliscilo.',
  },
  'gpkg.damaged': {
    kind: 'invalid',
    en: 'The GeoPackage is damaged: export it again and send it whole.',
    it: 'Il GeoPackage è danneggiato: esportalo di nuovo e invialo intero.',
  },
  'gpkg.extended_geometry': {
    kind: 'invalid',
    en: 'The geometry is of an extended or curved type: convert it to straight lines and export the layer again.',
    it: 'La geometria è di un tipo esteso o curvo: convertila in linee rette ed esporta di nuovo il livello.',
  },
  'gpkg.geometry': {
    kind: 'invalid',
    en: 'The geometry is not written as a GeoPackage writes it: export the layer again.',
    it: 'La geometria non è scritta come in un GeoPackage: esporta di nuovo il livello.',
  },
  'gpkg.mixed_srs': {
    kind: 'invalid',
    en: 'The geometry says another coordinate system than its layer: export the layer again in one of them.',
    it: 'La geometria indica un sistema di coordinate diverso da quello del livello: esporta di nuovo il livello in uno solo.',
  },
  'gpkg.not_geopackage': {
    kind: 'invalid',
    en: 'The file is not a GeoPackage: export it again as one.',
    it: 'Il file non è un GeoPackage: esportalo di nuovo in questo formato.',
  },
  'gpkg.srs': {
    kind: 'invalid',
    en: 'The GeoPackage does not say which coordinate system the layer is in: set it and export the layer again, or name it.',
    it: 'Il GeoPackage non dice in quale sistema di coordinate è il livello: impostalo ed esporta di nuovo il livello, oppure indicalo.',
  },
  'gpkg.table': {
    kind: 'invalid',
    en: 'The layer is not an ordinary table: save it as a layer of its own.',
    it: 'Il livello non è una tabella ordinaria: salvalo come livello a sé.',
  },
  'hotspots.detector': {
    kind: 'invalid',
    en: 'A detector is cluster, trend or excess.',
    it: 'Un rilevatore è cluster, trend o excess.',
  },
  'hotspots.none': {
    kind: 'not_found',
    en: 'There are no hot spots here for you.',
    it: 'Qui non ci sono punti caldi per te.',
  },
  'hotspots.size': {
    kind: 'invalid',
    en: 'There are too many reports in this window. Ask for a shorter one, for one district or for one object.',
    it: 'In questo intervallo ci sono troppe segnalazioni. Chiedi un intervallo più breve, un solo distretto o un solo oggetto.',
  },
  'hotspots.value': {
    kind: 'invalid',
    en: 'This value is out of its range.',
    it: 'Questo valore è fuori dal suo intervallo.',
  },
  'hotspots.window': {
    kind: 'invalid',
    en: 'This window of time cannot be looked at.',
    it: 'Questo intervallo di tempo non si può esaminare.',
  },
  'intake.client_id': {
    kind: 'invalid',
    en: 'A client id is 8 to 64 letters, digits, - or _.',
    it: 'Il clientId è composto da 8 a 64 fra lettere, cifre, - e _.',
  },
  'intake.client_id_reused': {
    kind: 'conflict',
    en: 'Another report was sent under this client id.',
    it: 'Con questo clientId è già stata inviata un\'altra segnalazione.',
  },
  'intake.empty': {
    kind: 'invalid',
    en: 'Say what is wrong, or send a photo, or say where it is.',
    it: 'Scrivi che cosa non va, oppure manda una foto o indica il luogo.',
  },
  'intake.object_type': {
    kind: 'invalid',
    en: 'There is no such object type.',
    it: 'Questo tipo di oggetto non esiste.',
  },
  'intake.site': {
    kind: 'invalid',
    en: 'There is no such site.',
    it: 'Questa sede non esiste.',
  },
  'internal': {
    kind: 'internal',
    en: 'Something went wrong on our side.',
    it: 'Qualcosa non ha funzionato dalla nostra parte.',
  },
  'jobs.config': {
    kind: 'internal',
    en: 'A background job lacks something it needs.',
    it: 'A un\'attività in background manca qualcosa.',
  },
  'map.bbox': {
    kind: 'invalid',
    en: 'A bbox is west,south,east,north in degrees, west before east and south before north.',
    it: 'Un bbox è ovest,sud,est,nord in gradi, con ovest prima di est e sud prima di nord.',
  },
  'media.corrupt': {
    kind: 'invalid',
    en: 'The photo is damaged and cannot be read.',
    it: 'La foto è danneggiata e non si può leggere.',
  },
  'media.costly': {
    kind: 'invalid',
    en: 'The photo is built in a way that takes too long to read.',
    it: 'La foto è costruita in un modo che richiede troppo tempo per leggerla.',
  },
  'media.dimensions': {
    kind: 'invalid',
    en: 'The photo has too many pixels, or none.',
    it: 'La foto ha troppi pixel, o nessuno.',
  },
  'media.empty': {
    kind: 'invalid',
    en: 'The photo is empty.',
    it: 'La foto è vuota.',
  },
  'media.exists': {
    kind: 'conflict',
    en: 'There is another photo under this id.',
    it: 'Esiste già un\'altra foto con questo identificativo.',
  },
  'media.fields': {
    kind: 'invalid',
    en: 'The photo is not well described.',
    it: 'La foto non è descritta correttamente.',
  },
  'media.file': {
    kind: 'not_found',
    en: 'The photo\'s file is not on the server.',
    it: 'Il file della foto non è sul server.',
  },
  'media.heic': {
    kind: 'invalid',
    en: 'HEIC photos cannot be read yet: send JPEG.',
    it: 'Le foto HEIC non si possono ancora leggere: invia un JPEG.',
  },
  'media.missing': {
    kind: 'invalid',
    en: 'No photo was sent.',
    it: 'Non è stata inviata alcuna foto.',
  },
  'media.none': {
    kind: 'not_found',
    en: 'There is no such photo.',
    it: 'Questa foto non esiste.',
  },
  'media.size': {
    kind: 'not_found',
    en: 'There is no such size: use large or small.',
    it: 'Dimensione inesistente: usa large o small.',
  },
  'media.target': {
    kind: 'invalid',
    en: 'Say which report the photo is for: report, clientId or trackToken, one of them.',
    it: 'Indica a quale segnalazione appartiene la foto: report, clientId o trackToken, uno solo.',
  },
  'media.too_large': {
    kind: 'too_large',
    en: 'The photo file is too large.',
    it: 'Il file della foto è troppo grande.',
  },
  'media.too_many': {
    kind: 'invalid',
    en: 'The report has as many photos as it may have.',
    it: 'La segnalazione ha già il numero massimo di foto.',
  },
  'media.truncated': {
    kind: 'invalid',
    en: 'The photo is cut short.',
    it: 'La foto è incompleta: ne manca la fine.',
  },
  'media.type': {
    kind: 'invalid',
    en: 'Only JPEG and PNG photos are accepted.',
    it: 'Si accettano solo foto JPEG e PNG.',
  },
  'nearby.id': {
    kind: 'invalid',
    en: 'The id of a report has 1 to 15 characters.',
    it: 'L\'identificativo di una segnalazione ha da 1 a 15 caratteri.',
  },
  'nearby.place': {
    kind: 'invalid',
    en: 'A place is a longitude from -180 to 180 and a latitude from -90 to 90, in degrees.',
    it: 'Un luogo è una longitudine da -180 a 180 e una latitudine da -90 a 90, in gradi.',
  },
  'notice.acknowledge': {
    kind: 'invalid',
    en: 'A notice is received or opened.',
    it: 'Una notifica può essere ricevuta o aperta.',
  },
  'notice.none': {
    kind: 'not_found',
    en: 'There is no such notice.',
    it: 'Questa notifica non esiste.',
  },
  'notify.cause': {
    kind: 'internal',
    en: 'There is no such reason to notify anybody.',
    it: 'Non esiste un motivo di notifica con questo nome.',
  },
  'notify.incomplete': {
    kind: 'internal',
    en: 'A notice needs a person and a report.',
    it: 'Una notifica ha bisogno di una persona e di una segnalazione.',
  },
  'person.none': {
    kind: 'not_found',
    en: 'There is no such person.',
    it: 'Questa persona non esiste.',
  },
  'person.sign_in': {
    kind: 'unauthenticated',
    en: 'Sign in first.',
    it: 'Accedi prima con il tuo account.',
  },
  'platform.no_route': {
    kind: 'not_found',
    en: 'There is nothing at this address.',
    it: 'A questo indirizzo non c\'è nulla.',
  },
  'platform.production': {
    kind: 'forbidden',
    en: 'This is shut in production. The schema changes with a release.',
    it: 'In produzione questa funzione è chiusa. Lo schema cambia con una nuova versione.',
  },
  'platform.thumb': {
    kind: 'invalid',
    en: 'Thumbnails are not made here. Ask for a photo\'s small or large size.',
    it: 'Qui non si generano miniature. Chiedi la foto in formato small o large.',
  },
  'pmtiles.archive': {
    kind: 'invalid',
    en: 'The file is not a whole PMTiles archive of version 3: make it anew, or convert it with the pmtiles tool.',
    it: 'Il file non è un archivio PMTiles integro della versione 3: generalo di nuovo o convertilo con lo strumento pmtiles.',
  },
  'pmtiles.name': {
    kind: 'invalid',
    en: 'A base map cannot be served by this name: give the file another one, without / \\ : and control characters, in UTF-8, of at most 200 bytes, that does not begin with a dot.',
    it: 'Una mappa di base non può essere servita con questo nome: dai al file un altro nome, senza / \\ : e caratteri di controllo, in UTF-8, di al più 200 byte e che non cominci con un punto.',
  },
  'report.activity': {
    kind: 'conflict',
    en: 'No activity of that organisation answers for the object there.',
    it: 'Nessuna attività di quel soggetto risponde per l\'oggetto in quel luogo.',
  },
  'report.args': {
    kind: 'invalid',
    en: 'The arguments of the call are not well formed.',
    it: 'Gli argomenti della chiamata non sono validi.',
  },
  'report.assignee': {
    kind: 'conflict',
    en: 'That person is no active technician there.',
    it: 'Questa persona non è un tecnico attivo in quel distretto.',
  },
  'report.behalf': {
    kind: 'forbidden',
    en: 'You may not report on behalf of somebody else.',
    it: 'Non puoi segnalare per conto di altri.',
  },
  'report.call': {
    kind: 'invalid',
    en: 'There is no call of that name.',
    it: 'Non esiste una chiamata con questo nome.',
  },
  'report.calls_only': {
    kind: 'forbidden',
    en: 'Change a report by a call, not by editing its rows.',
    it: 'Una segnalazione si modifica con una chiamata, non riscrivendone i dati.',
  },
  'report.changed': {
    kind: 'conflict',
    en: 'Somebody changed the same thing meanwhile.',
    it: 'Qualcuno ha cambiato la stessa cosa nel frattempo.',
  },
  'report.code': {
    kind: 'invalid',
    en: 'That is not the code of a report: check each letter and figure.',
    it: 'Questo non è il codice di una segnalazione: controlla lettere e cifre.',
  },
  'report.executor': {
    kind: 'forbidden',
    en: 'Whoever did the work may not verify it.',
    it: 'Chi ha eseguito il lavoro non può verificarlo.',
  },
  'report.exists': {
    kind: 'conflict',
    en: 'There is a report under this id already.',
    it: 'Esiste già una segnalazione con questo identificativo.',
  },
  'report.facts': {
    kind: 'internal',
    en: 'Something went wrong on our side.',
    it: 'Qualcosa non ha funzionato dalla nostra parte.',
  },
  'report.master': {
    kind: 'conflict',
    en: 'A duplicate needs another report that is open or closed a short while ago.',
    it: 'Serve un\'altra segnalazione, aperta o chiusa da poco.',
  },
  'report.move': {
    kind: 'conflict',
    en: 'The report cannot make that move from where it stands.',
    it: 'La segnalazione non può fare questo passo da dove si trova.',
  },
  'report.moved_on': {
    kind: 'conflict',
    en: 'The report was given to somebody else meanwhile.',
    it: 'La segnalazione è passata a qualcun altro nel frattempo.',
  },
  'report.needs_photo': {
    kind: 'conflict',
    en: 'This object needs a photo taken after the work.',
    it: 'Per questo oggetto serve una foto dopo il lavoro.',
  },
  'report.none': {
    kind: 'not_found',
    en: 'There is no such report, or it is not for you.',
    it: 'La segnalazione non esiste o non è visibile per te.',
  },
  'report.object': {
    kind: 'invalid',
    en: 'That object type does not exist or is retired.',
    it: 'Questo tipo di oggetto non esiste o non si usa più.',
  },
  'report.place': {
    kind: 'invalid',
    en: 'A report needs a point, a site or an address.',
    it: 'Serve un punto, un sito o un indirizzo.',
  },
  'report.plan': {
    kind: 'conflict',
    en: 'There is no proposed plan to approve.',
    it: 'Non c\'è un piano proposto da approvare.',
  },
  'report.plan_date': {
    kind: 'conflict',
    en: 'The planned closing date has passed already.',
    it: 'La data di chiusura prevista è già passata.',
  },
  'report.reopen_window': {
    kind: 'conflict',
    en: 'The time in which a reporter may reopen has passed.',
    it: 'È passato il tempo entro cui chi segnala può riaprire.',
  },
  'report.resume_date': {
    kind: 'invalid',
    en: 'Work cannot be expected to resume before it is suspended.',
    it: 'La ripresa prevista non può precedere la sospensione.',
  },
  'report.role': {
    kind: 'forbidden',
    en: 'Your role may not do that.',
    it: 'Il tuo ruolo non può farlo.',
  },
  'report.too_early': {
    kind: 'conflict',
    en: 'The report may not be closed without a person yet.',
    it: 'La segnalazione non può ancora chiudersi da sola.',
  },
  'store.broken': {
    kind: 'busy',
    en: 'The server\'s storage is failing. Nothing was saved; try again later.',
    it: 'L\'archivio del server non funziona. Nulla è stato salvato; riprova più tardi.',
  },
  'store.busy': {
    kind: 'busy',
    en: 'The server is busy. Nothing was saved; try again in a moment.',
    it: 'Il server è occupato. Nulla è stato salvato; riprova fra poco.',
  },
  'store.full': {
    kind: 'busy',
    en: 'The server\'s disk is full. Nothing was saved; try again later.',
    it: 'Il disco del server è pieno. Nulla è stato salvato; riprova più tardi.',
  },
  'store.newer': {
    kind: 'conflict',
    en: 'The data folder was written by a newer version of Sestante. Use that version, or restore a backup made with this one.',
    it: 'La cartella dei dati è stata scritta da una versione più recente di Sestante. Usa quella versione, o ripristina una copia fatta con questa.',
  },
  'sync.body': {
    kind: 'invalid',
    en: 'The sync request is malformed.',
    it: 'La richiesta di sincronizzazione non è valida.',
  },
  'sync.captured': {
    kind: 'conflict',
    en: 'Devices depend on a field of this collection: change it in a migration, together with the table of what travels.',
    it: 'I dispositivi dipendono da un campo di questa raccolta: modificala con una migrazione, insieme all\'elenco di ciò che viene inviato.',
  },
  'sync.changed': {
    kind: 'conflict',
    en: 'It was changed in the meantime, and was not deleted.',
    it: 'È stato modificato nel frattempo e non è stato eliminato.',
  },
  'sync.cursor': {
    kind: 'invalid',
    en: 'The cursor is not one of ours, or belongs to another person.',
    it: 'Il cursore non è valido o appartiene a un\'altra persona.',
  },
  'sync.decided': {
    kind: 'conflict',
    en: 'This has been decided, or the field has changed since.',
    it: 'È già stato deciso, o il campo è cambiato nel frattempo.',
  },
  'sync.deleted': {
    kind: 'conflict',
    en: 'It was deleted in the meantime.',
    it: 'È stato eliminato nel frattempo.',
  },
  'sync.device': {
    kind: 'not_found',
    en: 'There is no such device.',
    it: 'Questo dispositivo non esiste.',
  },
  'sync.field': {
    kind: 'forbidden',
    en: 'This is changed by a call, or not from a device.',
    it: 'Questo dato si modifica con una chiamata, o non da un dispositivo.',
  },
  'sync.gated': {
    kind: 'busy',
    en: 'The server cannot verify right now. Try again later.',
    it: 'Il server non può verificare in questo momento. Riprova più tardi.',
  },
  'sync.keep': {
    kind: 'invalid',
    en: 'Say which value to keep: mine or theirs.',
    it: 'Indica quale valore tenere: mine o theirs.',
  },
  'sync.locked': {
    kind: 'forbidden',
    en: 'This device is locked. What you send is kept; nothing is sent to it.',
    it: 'Questo dispositivo è bloccato. Ciò che invii viene conservato; non gli viene inviato nulla.',
  },
  'sync.malformed': {
    kind: 'invalid',
    en: 'This change could not be read; it was kept as it came.',
    it: 'Questa modifica non è leggibile; è stata conservata com\'è arrivata.',
  },
  'sync.no_conflict': {
    kind: 'not_found',
    en: 'There is no such conflict, or it is not for you.',
    it: 'Il conflitto non esiste o non è visibile per te.',
  },
  'sync.no_letter': {
    kind: 'not_found',
    en: 'There is no such refused change, or it is not for you.',
    it: 'La modifica rifiutata non esiste o non è visibile per te.',
  },
  'sync.none': {
    kind: 'not_found',
    en: 'There is no such record, or it is not for you.',
    it: 'L\'elemento non esiste o non è visibile per te.',
  },
  'sync.not_held': {
    kind: 'not_found',
    en: 'No such change is in quarantine.',
    it: 'Nessuna modifica del genere è in quarantena.',
  },
  'sync.op': {
    kind: 'invalid',
    en: 'This server does not know this kind of change.',
    it: 'Questo server non conosce questo tipo di modifica.',
  },
  'sync.quarantined': {
    kind: 'internal',
    en: 'The server could not carry this change out; it is kept, and an operator will look at it.',
    it: 'Il server non è riuscito a eseguire questa modifica; è conservata e sarà esaminata da un operatore.',
  },
  'sync.right': {
    kind: 'forbidden',
    en: 'You may not change this.',
    it: 'Non puoi modificare questo dato.',
  },
  'sync.scope_lost': {
    kind: 'forbidden',
    en: 'This was yours when you changed it, and is not any more; the change is kept, and an operator will look at it.',
    it: 'Era di tua competenza quando l\'hai modificato e ora non lo è più; la modifica è conservata e sarà esaminata da un operatore.',
  },
  'sync.taken': {
    kind: 'conflict',
    en: 'There is another record under this id.',
    it: 'Esiste già un altro elemento con questo identificativo.',
  },
  'sync.target_deleted': {
    kind: 'conflict',
    en: 'It was deleted in the meantime; the change is kept, and an operator can put it back.',
    it: 'È stato eliminato nel frattempo; la modifica è conservata e un operatore può ripristinarlo.',
  },
  'sync.too_large': {
    kind: 'too_large',
    en: 'The push is too large; send fewer changes at once.',
    it: 'L\'invio è troppo grande; invia meno modifiche per volta.',
  },
  'sync.value': {
    kind: 'invalid',
    en: 'This value does not fit its field.',
    it: 'Questo valore non è adatto al campo.',
  },
  'tile.address': {
    kind: 'invalid',
    en: 'There is no such tile: the zoom goes from 0 to 22, column and row from 0 to 2^zoom - 1.',
    it: 'Questo riquadro non esiste: lo zoom va da 0 a 22, colonna e riga da 0 a 2^zoom - 1.',
  },
  'tile.ended': {
    kind: 'invalid',
    en: 'Map tiles hold open reports. Ask for the ended ones by their list, or by map/reports.',
    it: 'I riquadri della mappa contengono le segnalazioni aperte. Per quelle concluse usa l\'elenco o map/reports.',
  },
  'tile.loading': {
    kind: 'busy',
    en: 'The map is being prepared. Try again in a few seconds.',
    it: 'La mappa è in preparazione. Riprova fra qualche secondo.',
  },
  'tiles.no_base_map': {
    kind: 'not_found',
    en: 'There is no such base map here.',
    it: 'Questa mappa di base non c\'è.',
  },
  'track.none': {
    kind: 'not_found',
    en: 'This tracking link does not exist. Check that it was copied whole.',
    it: 'Questo link non esiste. Controlla di averlo copiato per intero.',
  },
} as const satisfies Record<string, Code>;

/** The code of a fault. */
export type FaultCode = keyof typeof codes;
