/* SPDX-License-Identifier: ISC */
/*
 * The layers of a connection: making, calling, ending and freeing them.
 */
#ifndef TU_LAYERS_H
#define TU_LAYERS_H

#include "lane.h"

/* The bufferevent that the ports use. */
struct bufferevent *tu_layers_top(const struct tu_connection *c);

/*
 * Puts LAYER, which is malloc'd, on top: make(below, arg) makes its
 * bufferevent.  Bytes in c->unread become its input; those in c->unsent are
 * passed on before.  0: the layer is the connection's.  -1 with errno: it was
 * freed, and nothing else has changed; EEXIST: MAKE made nothing.
 */
int tu_layers_stack(struct tu_connection *c, struct tu_layer *layer,
    struct bufferevent *(*make)(struct bufferevent *, void *));

/* Frees all layers, from the highest down. */
void tu_layers_free(struct tu_connection *c);

/* Around calls that run functions of layers. */
void tu_layers_enter(struct tu_lane *l);
void tu_layers_leave(struct tu_lane *l);

/* Lets the layers look at the lowest buffer of one direction: EV_READ or
 * EV_WRITE. */
void tu_layers_offer(struct tu_connection *c, short what);
/* Reports to the layers how the socket has ended. */
void tu_layers_tell(struct tu_connection *c);

/*
 * Ends the output of the layers: LAST says that the connection ends.  0: each
 * layer has ended its output, and the lowest buffer may have bytes to send.  1:
 * a layer can do that only at the last.  -1 with errno.
 */
int tu_layers_finish(struct tu_connection *c, bool last);
/* Whether a layer keeps output that has to be sent. */
bool tu_layers_keep(const struct tu_lane *l);

#endif
