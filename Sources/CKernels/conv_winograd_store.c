// The last step of minimal filtering: the sums of a unit become rows of the output, finished with bias and ReLU or added to what is there.
#include "conv_winograd.h"

// Where an output channel goes, and how.
typedef struct { float *to; const dcs_tensor *out; float bias; int how; } channel_target;

static channel_target target_of(const conv_pass *pass, int64_t channel) {
  int range = channel >= pass->outputs[0].channels;
  const dcs_tensor *out = &pass->outputs[range];
  return (channel_target){out->data + (channel - (range ? pass->outputs[0].channels : 0)) * out->sc, out, pass->bias ? pass->bias[channel] : 0,
                          pass->accumulate >> range & 1 ? FINISH_ADD : pass->relu ? FINISH_RELU : FINISH_STORE};
}

// A row of a tile; NULL outside the volume.
static float *row_of(const channel_target *target, const winograd_cut *cut, winograd_place place, int64_t row, int64_t x) {
  int64_t z = place.z + row / cut->tile, y = place.y + row % cut->tile;
  return z < target->out->depth && y < target->out->height ? target->to + z * target->out->sz + y * target->out->sy + x : NULL;
}

void winograd_store(const conv_level *level, const winograd_cut *cut, const winograd_unit *u, const conv_pass *pass, int64_t channel, const float *sums, int64_t plane) {
  channel_target target = target_of(pass, channel);
  const float *points[WINOGRAD_POINTS];
  float *rows[WINOGRAD_TILE * WINOGRAD_TILE];
  for (int64_t t = 0; t < u->tiles; t++) {
    winograd_place place = winograd_place_of(cut, u->first + t);
    for (int64_t f = 0; f < cut->points; f++) points[f] = sums + f * plane + t * u->pitch;
    for (int64_t r = 0; r < cut->tile * cut->deep; r++) rows[r] = row_of(&target, cut, place, r, u->x);
    conv_sums transform = {points, cut->tile, cut->span, u->width, rows, target.bias, target.how};
    level->transform_sums(&transform);
  }
}

void winograd_store_group(const conv_level *level, const winograd_cut *cut, const winograd_unit *u, const conv_pass *pass, int64_t channel, const float *sums,
                          int64_t plane, float *scratch) {
  channel_target targets[GROUP];
  for (int64_t m = 0; m < GROUP; m++) targets[m] = target_of(pass, channel + m);
  int64_t together = u->width * GROUP;
  const float *points[WINOGRAD_POINTS];
  float *made[WINOGRAD_TILE * WINOGRAD_TILE], *apart = scratch + cut->tile * cut->deep * together;
  for (int64_t r = 0; r < cut->tile * cut->deep; r++) made[r] = scratch + r * together;
  for (int64_t t = 0; t < u->tiles; t++) {
    winograd_place place = winograd_place_of(cut, u->first + t);
    for (int64_t f = 0; f < cut->points; f++) points[f] = sums + f * plane + t * together;
    conv_sums transform = {points, cut->tile, cut->span, together, made, 0, FINISH_STORE};
    level->transform_sums(&transform);
    for (int64_t r = 0; r < cut->tile * cut->deep; r++) {
      if (!row_of(&targets[0], cut, place, r, u->x)) continue;
      level->separate(made[r], u->width, apart, u->width);
      for (int64_t m = 0; m < GROUP; m++)
        level->finish(apart + m * u->width, u->width, targets[m].bias, targets[m].how, row_of(&targets[m], cut, place, r, u->x));
    }
  }
}
