"""One aiortc RTCPeerConnection, driven by the interop tests: JSON lines in, JSON lines out.

In:   {"id": 1, "op": "offer", ...arguments}
Out:  {"id": 1, "ok": value} or {"id": 1, "error": "text"} per request, in any order;
      {"event": {...}} for what the connection reports; {"ready": "aiortc version"} once.

The same operations and events stand in js/peer.js and src/ours.rs; src/peer.rs documents them.
The process ends when standard input closes.
"""

import asyncio
import hashlib
import json
import os
import sys
import traceback

import aiortc
from aiortc.sdp import candidate_from_sdp

# What a channel may have queued before `blast` waits.
HIGH_WATER = 1 << 18


def write(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def emit(**event):
    write({"event": event})


class Channel:
    def __init__(self, dc, key, echo):
        self.dc, self.key, self.echo = dc, key, echo
        self.inbox = []
        self.wake = asyncio.Event()
        self.room = asyncio.Event()
        dc.bufferedAmountLowThreshold = HIGH_WATER // 2
        dc.on("open", lambda: emit(type="open", key=key))
        dc.on("close", self.closed)
        dc.on("message", self.message)
        dc.on("bufferedamountlow", self.room.set)

    def closed(self):
        self.room.set()
        emit(type="close", key=self.key)

    def message(self, data):
        if self.echo:
            self.dc.send(data)
            return
        self.inbox.append(data)
        self.wake.set()

    async def until_room(self):
        while self.dc.bufferedAmount >= HIGH_WATER:
            if self.dc.readyState != "open":
                raise RuntimeError(f"channel is {self.dc.readyState}")
            self.room.clear()
            await self.room.wait()

    def describe(self):
        dc = self.dc
        return {
            "key": self.key,
            "label": dc.label,
            "protocol": dc.protocol,
            "ordered": dc.ordered,
            "maxRetransmits": dc.maxRetransmits,
            "maxPacketLifeTime": dc.maxPacketLifeTime,
            "negotiated": dc.negotiated,
            "id": dc.id,
            "readyState": dc.readyState,
            "bufferedAmount": dc.bufferedAmount,
        }


class Peer:
    def __init__(self):
        self.pc = None
        self.channels = []
        self.echo_all = False

    def register(self, dc):
        channel = Channel(dc, len(self.channels), self.echo_all)
        self.channels.append(channel)
        return channel

    async def create(self, configuration=None):
        self.pc = pc = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
        pc.on("connectionstatechange", lambda: emit(type="connection", state=pc.connectionState))
        pc.on("iceconnectionstatechange", lambda: emit(type="ice", state=pc.iceConnectionState))
        pc.on("datachannel", lambda dc: emit(type="channel", **self.register(dc).describe()))

    async def channel(self, label, init=None):
        return self.register(self.pc.createDataChannel(label, **(init or {}))).key

    # aiortc gathers inside setLocalDescription: its descriptions are always complete.
    async def local(self, description):
        await self.pc.setLocalDescription(description)
        return {"type": self.pc.localDescription.type, "sdp": self.pc.localDescription.sdp}

    async def offer(self, trickle=False):
        return await self.local(await self.pc.createOffer())

    async def answer(self, trickle=False):
        return await self.local(await self.pc.createAnswer())

    async def remote(self, description):
        await self.pc.setRemoteDescription(aiortc.RTCSessionDescription(**description))

    async def candidate(self, candidate):
        parsed = None
        if candidate and candidate["candidate"]:
            parsed = candidate_from_sdp(candidate["candidate"].split(":", 1)[1])
            parsed.sdpMid = candidate.get("sdpMid")
            parsed.sdpMLineIndex = candidate.get("sdpMLineIndex")
        await self.pc.addIceCandidate(parsed)

    async def echoAll(self):
        self.echo_all = True

    async def echo(self, key):
        self.channels[key].echo = True

    async def send(self, key, text):
        self.channels[key].dc.send(text)

    async def numbers(self, key, count):
        channel = self.channels[key]
        for n in range(count):
            await channel.until_room()
            channel.dc.send(str(n))

    async def blast(self, key, bytes, size):
        channel = self.channels[key]
        data = os.urandom(bytes)
        for at in range(0, bytes, size):
            await channel.until_room()
            channel.dc.send(data[at : at + size])
        return hashlib.sha256(data).hexdigest()

    async def receive(self, key, messages=0, bytes=0):
        channel = self.channels[key]

        def size():
            return sum(len(data.encode() if isinstance(data, str) else data) for data in channel.inbox)

        while len(channel.inbox) < messages or (bytes and size() < bytes):
            channel.wake.clear()
            await channel.wake.wait()
        total = size()
        inbox, channel.inbox = channel.inbox, []
        digest = hashlib.sha256()
        for data in inbox:
            digest.update(data.encode() if isinstance(data, str) else data)
        return {
            "messages": len(inbox),
            "bytes": total,
            "sha256": digest.hexdigest(),
            "numbered": all(data == str(n) for n, data in enumerate(inbox)),
            "texts": [data for data in inbox if isinstance(data, str)][:16],
        }

    async def describe(self, key):
        return self.channels[key].describe()

    async def state(self):
        pc = self.pc
        return {
            "connection": pc.connectionState,
            "ice": pc.iceConnectionState,
            "gathering": pc.iceGatheringState,
            "signaling": pc.signalingState,
            "sctp": pc.sctp.state if pc.sctp else None,
            "maxMessageSize": None,
        }

    async def closeChannel(self, key):
        self.channels[key].dc.close()

    async def close(self):
        await self.pc.close()


async def perform(peer, request):
    number, operation = request.pop("id"), request.pop("op")
    try:
        write({"id": number, "ok": await getattr(peer, operation)(**request)})
    except Exception:
        write({"id": number, "error": traceback.format_exc()})


async def main():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    peer = Peer()
    running = set()
    write({"ready": f"aiortc {aiortc.__version__}"})
    while line := await reader.readline():
        task = asyncio.create_task(perform(peer, json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)


asyncio.run(main())
