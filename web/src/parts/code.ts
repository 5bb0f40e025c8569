/** How a code is spelt, as the pattern of a field. */

export const CODE = "[A-Za-z0-9][A-Za-z0-9_.\\-]{0,63}";
