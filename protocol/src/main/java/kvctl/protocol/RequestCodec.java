package kvctl.protocol;

/** Requests in bytes: a kind, then the record's fields in their order. */
final class RequestCodec {
    private static final int GET = 1;
    private static final int PUT = 2;
    private static final int APPEND = 3;
    private static final int DELETE = 4;
    private static final int CAS = 5;
    private static final int SCAN = 6;
    private static final int GET_MAP = 7;
    private static final int GET_STATUS = 8;
    private static final int TRANSFER = 9;
    private static final int RECONFIGURE = 10;
    private static final int GET_CONFIGURATION = 11;
    private static final int STEER_MOVES = 12;
    private static final int GET_SHARDS = 13;
    private static final int INJECT_FAULT = 14;
    private static final int HEAL_FAULTS = 15;
    private static final int LIST_FAULTS = 16;
    private static final int SEND_PROBE = 17;
    private static final int GET_PROBES = 18;

    private static final int KEEP = 0;
    private static final int PAUSE = 1;
    private static final int RESUME = 2;

    private RequestCodec() {}

    static void write(BytesWriter out, Request request) {
        if (request instanceof Request.Get get) {
            out.u8(GET);
            out.bytes(get.key());
        } else if (request instanceof Request.Write write) {
            writeWrite(out, write);
        } else if (request instanceof Request.Scan scan) {
            out.u8(SCAN);
            out.varint(scan.shardId());
            out.bytes(scan.prefix());
            out.bytes(scan.from());
            out.varint(scan.limit());
        } else if (request instanceof Request.GetMap) {
            out.u8(GET_MAP);
        } else if (request instanceof Request.GetStatus) {
            out.u8(GET_STATUS);
        } else if (request instanceof Request.TransferLeadership transfer) {
            out.u8(TRANSFER);
            out.varint(transfer.groupId());
            out.varint(transfer.toNodeId());
        } else if (request instanceof Request.Reconfigure reconfigure) {
            out.u8(RECONFIGURE);
            out.varint(reconfigure.idMs());
            out.u64(reconfigure.idRandom());
            out.varint(reconfigure.expectedNumber());
            out.bool(reconfigure.planOnly());
            ConfigurationCodec.writeChange(out, reconfigure.change());
        } else if (request instanceof Request.GetConfiguration get) {
            out.u8(GET_CONFIGURATION);
            out.varint(get.number());
        } else if (request instanceof Request.SteerMoves steer) {
            out.u8(STEER_MOVES);
            out.u8(steer.paused() == null ? KEEP : steer.paused() ? PAUSE : RESUME);
            out.varint(Math.max(-1, steer.bytesPerS()) + 1);
        } else if (request instanceof Request.GetShards) {
            out.u8(GET_SHARDS);
        } else if (request instanceof Request.OfFaults faults) {
            writeFaults(out, faults);
        } else {
            throw new IllegalArgumentException("no codec for " + request);
        }
    }

    private static void writeFaults(BytesWriter out, Request.OfFaults request) {
        if (request instanceof Request.InjectFault inject) {
            out.u8(INJECT_FAULT);
            FaultCodec.writeInject(out, inject);
        } else if (request instanceof Request.HealFaults heal) {
            out.u8(HEAL_FAULTS);
            out.string(heal.id());
        } else if (request instanceof Request.ListFaults) {
            out.u8(LIST_FAULTS);
        } else if (request instanceof Request.SendProbe probe) {
            out.u8(SEND_PROBE);
            out.varint(probe.toNodeId());
            out.varint(probe.number());
        } else {
            out.u8(GET_PROBES);
        }
    }

    private static void writeWrite(BytesWriter out, Request.Write write) {
        if (write instanceof Request.Put put) {
            begin(out, PUT, put);
            out.bytes(put.value());
        } else if (write instanceof Request.Append append) {
            begin(out, APPEND, append);
            out.bytes(append.value());
        } else if (write instanceof Request.Delete delete) {
            begin(out, DELETE, delete);
        } else if (write instanceof Request.Cas cas) {
            begin(out, CAS, cas);
            out.varint(cas.expectedVersion());
            out.bytes(cas.value());
        } else {
            throw new IllegalArgumentException("no codec for " + write);
        }
    }

    private static void begin(BytesWriter out, int kind, Request.Write write) {
        out.u8(kind);
        Request.Tag tag = write.tag();
        out.varint(tag.sessionMs());
        out.u64(tag.sessionRandom());
        out.varint(tag.seq());
        out.varint(tag.answeredBelow());
        out.bytes(write.key());
    }

    static Request read(BytesReader in) throws ProtocolException {
        int kind = in.u8();
        return switch (kind) {
            case GET -> new Request.Get(in.bytes());
            case PUT -> new Request.Put(readTag(in), in.bytes(), in.bytes());
            case APPEND -> new Request.Append(readTag(in), in.bytes(), in.bytes());
            case DELETE -> new Request.Delete(readTag(in), in.bytes());
            case CAS -> new Request.Cas(readTag(in), in.bytes(), in.varint(), in.bytes());
            case SCAN ->
                new Request.Scan(
                        in.varint(Limits.SHARDS_MAX - 1), in.bytes(), in.bytes(), in.varint(Integer.MAX_VALUE));
            case GET_MAP -> new Request.GetMap();
            case GET_STATUS -> new Request.GetStatus();
            case TRANSFER -> new Request.TransferLeadership(in.varint(Integer.MAX_VALUE), in.varint(Integer.MAX_VALUE));
            case RECONFIGURE ->
                new Request.Reconfigure(
                        in.varint(), in.u64(), in.varint(), in.bool(), ConfigurationCodec.readChange(in));
            case GET_CONFIGURATION -> new Request.GetConfiguration(in.varint());
            case STEER_MOVES -> new Request.SteerMoves(readPaused(in), in.varint() - 1);
            case GET_SHARDS -> new Request.GetShards();
            case INJECT_FAULT -> FaultCodec.readInject(in);
            case HEAL_FAULTS -> new Request.HealFaults(in.string());
            case LIST_FAULTS -> new Request.ListFaults();
            case SEND_PROBE -> new Request.SendProbe(in.varint(Integer.MAX_VALUE), in.varint());
            case GET_PROBES -> new Request.GetProbes();
            default -> throw new ProtocolException("unknown kind of request: " + kind);
        };
    }

    private static Boolean readPaused(BytesReader in) throws ProtocolException {
        int code = in.u8();
        return switch (code) {
            case KEEP -> null;
            case PAUSE -> true;
            case RESUME -> false;
            default -> throw new ProtocolException("moves can't be steered by " + code);
        };
    }

    private static Request.Tag readTag(BytesReader in) throws ProtocolException {
        return new Request.Tag(in.varint(), in.u64(), in.varint(), in.varint());
    }
}
