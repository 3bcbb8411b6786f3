"""The flow: runs in the server, not here. It needs nothing but Python, no numpy.

Each entry of a stream `sound:NAME` has a field `pcm`: samples at 16 kHz, 16 bits, little-endian, one channel,
any number of them. What the model says of them goes into the hash `speech:NAME`, and to all who subscribe to
the channel of that name. What the model has to remember of the sound is a field of the same hash, so one HSET
changes all or nothing: an entry that comes a second time, because the server or its Python process has ended
meanwhile, finds its ID there and is left out.
"""

import array
import json

from redisAI import (createModelRunner, createTensorFromBlob, createTensorFromValues, modelRunnerAddInput,
                     modelRunnerAddOutput, modelRunnerRunAsync, tensorGetDataAsBlob, tensorToFlatList)

RATE = 16000
# What the model expects at that rate: 512 new samples after the last 64 of the chunk before, and its state.
CHUNK, CONTEXT, STATE = 512, 64, 2 * 1 * 128
# Speech begins where the probability reaches the first number, and ends where it stays under the second.
BEGINS_AT, ENDS_BELOW, SHORTEST_PAUSE = 0.5, 0.35, RATE // 4
FIELDS = "entry", "chunks", "speaking", "start", "end", "probability", "memory"


def raw(value):
    """The bytes of a value: what happens to be UTF-8 comes as a text."""
    return value.encode() if isinstance(value, str) else bytes(value)


class Source:
    """What is known of one source of sound. Times are numbers of samples since its beginning."""

    def __init__(self, name):
        self.key = "speech:" + name
        values = dict(zip(FIELDS, execute("HMGET", self.key, *FIELDS)))
        self.entry = values["entry"] or "0-0"
        self.chunks = int(values["chunks"] or 0)
        self.is_speaking = values["speaking"] == "1"
        self.start, self.end = (round(float(values[field] or 0) * RATE) for field in ("start", "end"))
        self.probability = values["probability"] or "0"
        memory = raw(values["memory"] or bytes(4 * (STATE + CONTEXT)))
        self.state = memory[:4 * STATE]
        self.context = memory[4 * STATE:4 * (STATE + CONTEXT)]
        # Samples that are no whole chunk yet.
        self.rest = memory[4 * (STATE + CONTEXT):]
        self.messages = []

    async def hear(self, pcm):
        data = self.rest + pcm
        end = len(data) - len(data) % (2 * CHUNK)
        for start in range(0, end, 2 * CHUNK):
            samples = array.array("h", data[start:start + 2 * CHUNK])
            self.judge(await self.run(array.array("f", (sample / 32768 for sample in samples))))
        self.rest = data[end:]

    async def run(self, chunk):
        """The probability of speech in a chunk, which follows the one before."""
        samples = self.context + chunk.tobytes()
        self.context = samples[-4 * CONTEXT:]
        runner = createModelRunner("speech:model")
        modelRunnerAddInput(runner, "input", createTensorFromBlob("FLOAT", [1, CONTEXT + CHUNK], samples))
        modelRunnerAddInput(runner, "state", createTensorFromBlob("FLOAT", [2, 1, 128], self.state))
        modelRunnerAddInput(runner, "sr", createTensorFromValues("INT64", [], [RATE]))
        modelRunnerAddOutput(runner, "output")
        modelRunnerAddOutput(runner, "stateN")
        probability, state = await modelRunnerRunAsync(runner)
        self.state = bytes(tensorGetDataAsBlob(state))
        return tensorToFlatList(probability)[0]

    def judge(self, probability):
        """Notes the next chunk's probability, and where speech begins and ends."""
        self.probability = f"{probability:.6f}"
        now = self.chunks * CHUNK
        self.chunks += 1
        if not self.is_speaking and probability >= BEGINS_AT:
            self.is_speaking, self.start = True, now
            self.tell("start", start=now / RATE)
        if self.is_speaking and probability >= ENDS_BELOW:
            self.end = now + CHUNK
        if self.is_speaking and now + CHUNK - self.end >= SHORTEST_PAUSE:
            self.is_speaking = False
            self.tell("end", start=self.start / RATE, end=self.end / RATE)

    def tell(self, event, **times):
        self.messages.append(json.dumps({"event": event, **times}))

    def keep(self, entry):
        """Tells and stores what has come out, in one go for all others.

        If Python ends between the two, subscribers are told again: at least once.
        """
        values = (entry, self.chunks, int(self.is_speaking), self.start / RATE, self.end / RATE,
                  self.probability, self.state + self.context + self.rest)
        with atomic():
            for message in self.messages:
                execute("PUBLISH", self.key, message)
            execute("HSET", self.key, *(word for pair in zip(FIELDS, values) for word in pair))


def order(entry):
    """Of IDs of entries, which grow."""
    return tuple(map(int, entry.split("-")))


async def listen(entry):
    source = Source(entry["key"].removeprefix("sound:"))
    if order(entry["id"]) > order(source.entry):
        await source.hear(raw(entry["value"].get("pcm", "")))
        source.keep(entry["id"])


GB("StreamReader", desc="finds speech in sound").foreach(listen).register(
    "sound:*", onFailedPolicy="retry", onFailedRetryInterval=1, mode="async_local")
