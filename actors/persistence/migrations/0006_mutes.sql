-- What operators hold back for a while: a chat, or a relay with all its chats.
CREATE TABLE mutes (
  relay      text NOT NULL,
  chat_id    text NOT NULL DEFAULT '', -- empty: the whole relay
  until      timestamptz NOT NULL,
  note       text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (relay, chat_id)
);

-- Targets that asked for no more. `target` is a digest of the configuration
-- that they had then: with another one they are tried again.
CREATE TABLE disabled_relays (
  relay  text PRIMARY KEY,
  target text NOT NULL,
  why    text NOT NULL,
  since  timestamptz NOT NULL DEFAULT now()
);

-- Counting what is dead of one relay, and sending it again.
CREATE INDEX deliveries_dead_relay ON deliveries (relay) WHERE state = 'dead';
