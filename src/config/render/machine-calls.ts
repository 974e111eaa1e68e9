/**
 * What the dialplan knows an automatic call of VICIdial by: a Local channel whose caller ID name is V and 19 digits and
 * nothing else. A person's phone may be called Vera; who sits at it may call an emergency service.
 */

/** Sets SB_NAME and SB_DIGITS, which IS_MACHINE reads. FILTER leaves nothing that could break out of an expression. */
export function nameLines(first: string): string[] {
  return [
    `${first}Set(SB_NAME=\${FILTER(V0-9,\${CALLERID(name)})})`,
    " same => n,Set(SB_DIGITS=${FILTER(0-9,${SB_NAME})})",
  ];
}

/** A condition of the dialplan's expressions. */
export const IS_MACHINE =
  '"${CHANNEL(name):0:6}" = "Local/" & ${LEN(${CALLERID(name)})} = 20 & "${SB_NAME:0:1}" = "V" & ${LEN(${SB_DIGITS})} = 19';
