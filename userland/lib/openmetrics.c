// SPDX-License-Identifier: GPL-2.0-or-later
#include "openmetrics.h"

/**
 * openmetrics_family - begin a family of figures
 * @f: the text
 * @name: of the family
 * @type: "counter", "gauge" or "info"
 * @help: one sentence
 */
void openmetrics_family(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

/**
 * openmetrics_label - a label, with what must be escaped in its value
 * @f: the text, at the label's place between the braces
 * @name: of the label
 * @value: any UTF-8
 */
void openmetrics_label(FILE *f, const char *name, const char *value)
{
	fprintf(f, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", f);
		else if (*value == '"' || *value == '\\')
			fprintf(f, "\\%c", *value);
		else
			fputc(*value, f);
	}
	fputc('"', f);
}
