/** 能源页的文字。 */

export const energyZh = {} as const;
