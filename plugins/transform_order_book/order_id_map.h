// From order id to slot: a hash table whose entries that meet are chained.
//
// 512 ids in a row lie in 512 places in a row, so ids that rise by one are found near each other. Where such
// a run begins depends on a key that is drawn for each map: whoever chooses ids cannot choose collisions.
// The key shapes the table, never a result.
//
// An entry holds 32 bits of the hash and the slot; the id itself is where the slot is, and is compared there.
//
// Threading: one thread. Memory: all of it reserved in the constructor: 8 bytes a key, and 16 to 32 a key.
// Errors:    more than `keys_max` keys, key 0 and a key that is not there are bugs of the caller, and
// asserted. Cost:      one cache line for most lookups. No tombstones, so it does not slow down with age.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>

#include "reserved.h"
#include "tickweir/assert.h"

namespace tickweir::book {

class OrderIdMap {
 public:
  explicit OrderIdMap(std::uint32_t keys_max)
      : keys_max_(keys_max),
        heads_(std::bit_ceil(std::size_t{keys_max} * 2)),
        behind_(std::size_t{keys_max} + 1),
        mask_(heads_.size() - 1) {
    TICKWEIR_ASSERT(keys_max < more);
    std::random_device random;
    add_ = std::uint64_t{random()} << 32 | random();
    multiply_ = std::uint64_t{random()} << 32 | random() | 1U;
  }

  [[nodiscard]] std::uint32_t size() const { return size_; }

  // The slot put with `key`, 0 when it is not there. `key_at(slot)` is the key that a slot was put with.
  template <typename KeyAt>
  [[nodiscard]] std::uint32_t find(std::uint64_t key, KeyAt&& key_at) const {
    const std::uint64_t hash = hash_of(key);
    for (Entry entry = heads_[home(key, hash)];; entry = behind_[slot_in(entry)]) {
      const std::uint32_t slot = slot_in(entry);
      if (same_tag(entry, hash) && key_at(slot) == key) return slot;
      if ((entry & more) == 0) return 0;
    }
  }

  // `key` is not there; `slot` is not 0 and not above keys_max.
  void put(std::uint64_t key, std::uint32_t slot) {
    TICKWEIR_ASSERT(key != 0 && slot != 0 && slot <= keys_max_ && size_ < keys_max_);
    const std::uint64_t hash = hash_of(key);
    Entry& head = heads_[home(key, hash)];
    const Entry before = head;
    if (before != 0) behind_[slot] = before;
    head = (hash & tag_mask) | (before != 0 ? more : 0) | slot;
    ++size_;
  }

  // `key` is there with that slot.
  void erase(std::uint64_t key, std::uint32_t slot) {
    Entry* link = &heads_[home(key, hash_of(key))];
    --size_;
    if ((*link & (more - 1)) == slot) {
      *link = (*link & more) != 0 ? behind_[slot] : 0;
      return;
    }
    Entry* before = link;
    do {
      TICKWEIR_ASSERT((*link & more) != 0);
      before = link;
      link = &behind_[slot_in(*link)];
    } while (slot_in(*link) != slot);
    if ((*link & more) != 0) {
      *link = behind_[slot];
    } else {
      *before &= ~more;
    }
  }

  // For what is about to be looked up: brings its line in, and guesses the slot it will find, or 0.
  void fetch(std::uint64_t key) const { __builtin_prefetch(&heads_[home(key, hash_of(key))], 1); }
  [[nodiscard]] std::uint32_t guess(std::uint64_t key) const {
    const std::uint64_t hash = hash_of(key);
    const Entry entry = heads_[home(key, hash)];
    return same_tag(entry, hash) ? slot_in(entry) : 0;
  }

 private:
  // Bits 63..32: of the hash; 31: there are more behind; 30..0: the slot. 0: nothing.
  using Entry = std::uint64_t;
  static constexpr Entry more = Entry{1} << 31;
  static constexpr std::uint64_t tag_mask = ~std::uint64_t{0} << 32;
  static constexpr std::uint64_t run = 512;

  static std::uint32_t slot_in(Entry entry) { return static_cast<std::uint32_t>(entry & (more - 1)); }
  static bool same_tag(Entry entry, std::uint64_t hash) { return ((entry ^ hash) & tag_mask) == 0; }

  // Of the run that a key belongs to.
  [[nodiscard]] std::uint64_t hash_of(std::uint64_t key) const {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{key / run ^ add_} * multiply_;
    return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
  }
  [[nodiscard]] std::size_t home(std::uint64_t key, std::uint64_t hash) const {
    return (hash + key % run) & mask_;
  }

  std::uint32_t keys_max_;
  std::uint32_t size_ = 0;
  Reserved<Entry> heads_;
  Reserved<Entry> behind_;  // by slot: the entry behind it
  std::size_t mask_;
  std::uint64_t add_ = 0;
  std::uint64_t multiply_ = 0;
};

}  // namespace tickweir::book
