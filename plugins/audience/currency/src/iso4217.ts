/** @module The codes of ISO 4217 and how many decimals their amounts have. */

/** Currencies in use. */
const ACTIVE =
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG';
/** Currencies of the past that amounts and reference rates since 1999 still name. */
const HISTORIC = 'ANG BGN CUC CYP EEK HRK LTL LVL MTL ROL SIT SKK SLL TRL ZWL';
const NO_DECIMALS = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF TRL UGX UYI VND VUV XAF XOF XPF';
const THREE_DECIMALS = 'BHD IQD JOD KWD LYD OMR TND';
const FOUR_DECIMALS = 'CLF UYW';

const historic: ReadonlySet<string> = new Set(HISTORIC.split(' '));
const units = new Map<string, number>([...ACTIVE.split(' '), ...historic].toSorted().map((code) => [code, 2]));
for (const [codes, decimals] of [
  [NO_DECIMALS, 0],
  [THREE_DECIMALS, 3],
  [FOUR_DECIMALS, 4],
] as const)
  for (const code of codes.split(' ')) units.set(code, decimals);

/** Every code that is known, in alphabetical order, with its decimals: 2 for USD, 0 for JPY, 3 for KWD. */
export const MINOR_UNITS: ReadonlyMap<string, number> = units;

/** Whether a code is one of ISO 4217; capital letters only. */
export const isCurrency = (code: string): boolean => MINOR_UNITS.has(code);

/** Whether a currency has been replaced by another one. */
export const isHistoric = (code: string): boolean => historic.has(code);

/** Decimals of a currency's smallest amount; two for a code that nobody knows. */
export const minorUnits = (code: string): number => MINOR_UNITS.get(code) ?? 2;
