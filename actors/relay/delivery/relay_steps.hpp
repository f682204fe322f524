#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "actors/relay/relay.hpp"

// What the parts of the relay actor call of each other. All of it runs inside
// the actor.

namespace telltale::relay_steps {

using self_pointer = relay_actor::stateful_pointer<relay_state>;

/// After the store or redaction gave no answer.
inline constexpr std::chrono::milliseconds store_pause{1'000};

/// Results that come sooner after one another are recorded together: takers
/// wait for each record's way to the disk. A crash repeats what was not
/// recorded, with the same key; a first result is recorded at once.
inline constexpr std::chrono::milliseconds record_every{100};

/// A stop of the service waits for its relays one after the other.
inline constexpr std::chrono::milliseconds longest_ending{500};

[[nodiscard]] steady_time now_of(self_pointer self);

/// Within a step: the next one is wanted at that time at the latest.
void want_step(relay_state& state, steady_time at);

[[nodiscard]] bool has_chats(const relay_state& state);

void count(relay_state& state, const char* result, std::size_t amount = 1);

/// Everything that can be done now. The timer is set anew to the soonest time
/// at which there will be more; what earlier steps wanted no longer counts.
void step(self_pointer self);

// relay_render.cpp: drafts become messages in their queues.
void render_drafts(self_pointer self, const std::vector<draft>& drafts);

// relay_deliver.cpp: messages go out, results go to the store.
void pump(self_pointer self);
void record(self_pointer self);
/// Sends what the channel wants sent, and keeps what it says is over.
void perform(self_pointer self, channel_work work);
/// What is over is on its way to the store.
void settle_finished(self_pointer self);
/// The actor was told to exit: it ends once nothing is on its way to it, or
/// after `longest_ending`; what has no answer by then is put back.
void on_exit(self_pointer self, const caf::error& reason);
void end_if_done(self_pointer self);

// relay_leases.cpp: whose the deliveries are.
/// Notes until when these are this relay's. What may not be made is left out:
/// a lease that has ended, a delivery that is held already, and one of a chat
/// that is being told something else, which is put back.
[[nodiscard]] std::vector<notice>
hold_leases(relay_state& state, std::vector<notice> due, steady_time now);
/// When the first lease of those ends that wait in the queue.
[[nodiscard]] steady_time lease_of(const relay_state& state,
                                   const chat_queue& where);
/// Must what has not been started be put back now?
[[nodiscard]] bool ends_soon(steady_time until, steady_time now);
/// A step is wanted when that is so.
void want_step_before(relay_state& state, steady_time until);
/// Forgets what may be somebody else's by now.
void let_go(relay_state& state, const chat_queue& what);
/// Says with each result that waits until when its delivery is ours.
void note_leases(relay_state& state);
void forget_leases(relay_state& state,
                   const std::vector<delivery_result>& recorded);
/// A take is over, which may have given what was sent and recorded meanwhile.
void forget_ended(relay_state& state);
/// Has what is being sent stay ours for as long as that may take.
void renew(self_pointer self);

// relay_pause.cpp: while the chat refuses the credential.
/// Nothing is sent, but for a message that is to find out.
[[nodiscard]] bool is_paused(const relay_state& state);
void probe_credential(self_pointer self);
void on_probed(self_pointer self, const send_outcome& outcome);
void pause(self_pointer self, const std::string& explanation);
/// The chat answered something else.
void resume(self_pointer self);

// relay_gauges.cpp: what operators see.
void watch_backlog(self_pointer self);
void set_gone(relay_state& state, bool gone, const std::string& explanation);

} // namespace telltale::relay_steps
