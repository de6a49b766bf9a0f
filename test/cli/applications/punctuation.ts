export const punctuation: string = "!";
