/* The Content-Security-Policy of the page at /. */
#ifndef PAGE_POLICY_H
#define PAGE_POLICY_H

/* Allows the page's one style and one script element, named by what is in them, pictures and sounds that the page makes
 * itself, and requests to this server; nothing else runs, whatever a file name or a sentence holds. Valid for ever. */
const char *page_policy(void);

#endif
