/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/dataplane_client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS 5000

static int check_response(channel_response *response, Reputed__Update__Response__KindCase wanted,
                          char *out_error)
{
	if (response->kind_case == wanted)
		return 0;
	if (response->kind_case == REPUTED__UPDATE__RESPONSE__KIND_ERROR)
		snprintf(out_error, DATAPLANE_CLIENT_ERROR_MAX, "reputed-dataplane: %s",
		         response->error->text);
	else
		snprintf(out_error, DATAPLANE_CLIENT_ERROR_MAX,
		         "reputed-dataplane gave an answer of another kind; is it of another "
		         "version?");
	reputed__update__response__free_unpacked(response, NULL);
	return -EPROTO;
}

int dataplane_client_call(const char *path, const channel_request *request,
                          Reputed__Update__Response__KindCase wanted,
                          channel_response **out_response,
                          char out_error[DATAPLANE_CLIENT_ERROR_MAX])
{
	channel_response *response = NULL;
	struct channel channel;
	int rc = channel_connect(&channel, path);

	if (rc == 0) {
		rc = channel_call(&channel, request, TIMEOUT_MS, &response);
		channel_done(&channel);
	}
	if (rc == -ENOENT || rc == -ECONNREFUSED)
		snprintf(out_error, DATAPLANE_CLIENT_ERROR_MAX,
		         "reputed-dataplane is not running: nobody answers at '%s'", path);
	else if (rc == -EACCES)
		snprintf(out_error, DATAPLANE_CLIENT_ERROR_MAX,
		         "no permission to use '%s'; run as the user of reputed-dataplane", path);
	else if (rc < 0)
		snprintf(out_error, DATAPLANE_CLIENT_ERROR_MAX,
		         "cannot ask reputed-dataplane at '%s': %s", path, strerror(-rc));
	if (rc < 0)
		return rc;
	rc = check_response(response, wanted, out_error);
	if (rc == 0)
		*out_response = response;
	return rc;
}
