/** Texts of the energy page, in English. */

export const energyEn = {} as const;
