using System.Text.Json;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;
using QueueService.Broker.Topics;
using QueueService.Server.Http;

namespace QueueService.Server.Streams.Groups;

/// <summary>What a reset of offsets asks for, read from JSON.</summary>
internal sealed class ResetDraft
{
    public static readonly string[] Places = ["earliest", "latest", "time", "offset", "shift"];

    private static readonly FieldNames Fields = new("to", "time", "offset", "shift", "partitions", "dryRun");

    private int _to = -1;
    private long? _time;
    private long? _offset;
    private long? _shift;
    private List<int>? _partitions;
    private bool _dryRun;

    public static Problem? Read(ref Utf8JsonReader json, ResetDraft draft)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            draft.ReadField(ref json, field, ref problem);
            json.TrySkip();
        }

        return problem;
    }

    /// <summary>What belongs to another place is not ignored.</summary>
    public Problem? Check()
    {
        Problem? problem = null;
        if (_to < 0) Problem.Blame(ref problem, "/to", $"must be one of {string.Join(", ", Places)}.");
        CheckValue(2, _time is not null, ref problem);
        CheckValue(3, _offset is not null, ref problem);
        CheckValue(4, _shift is not null, ref problem);
        return problem;
    }

    public ResetRequest ToRequest()
    {
        long time = _to == 0 ? 0 : _to == 1 ? long.MaxValue : Math.Max(0, _time ?? 0);
        return new ResetRequest(new OffsetTarget(_offset, _shift, time), _partitions, _dryRun);
    }

    /// <summary>All that matters of the request.</summary>
    public override string ToString() =>
        $"{_to}\n{_time}\n{_offset}\n{_shift}\n{_dryRun}\n" +
        (_partitions is null ? "all" : string.Join(",", _partitions));

    private void CheckValue(int place, bool isGiven, ref Problem? problem)
    {
        if (_to == place && !isGiven) Problem.Blame(ref problem, "/" + Places[place], "is needed with this `to`.");
        if (_to != place && isGiven)
            Problem.Blame(ref problem, "/" + Places[place], $"goes with to: {Places[place]} only.");
    }

    private void ReadField(ref Utf8JsonReader json, int field, ref Problem? problem)
    {
        switch (field)
        {
            case 0 when JsonRequest.TryChoice(ref json, Places, "/to", out int to, ref problem): _to = to; break;
            case 1: _time = JsonBody.Instant(ref json, "/time", ref problem); break;
            case 2 when JsonRequest.TryInteger(
                ref json, 0, TopicCursor.MaxOffset, "/offset", out long offset, ref problem):
                _offset = offset;
                break;
            case 3 when JsonRequest.TryInteger(
                ref json, -TopicCursor.MaxOffset, TopicCursor.MaxOffset, "/shift", out long shift, ref problem):
                _shift = shift;
                break;
            case 4: _partitions = ReadPartitions(ref json, ref problem); break;
            case 5: _dryRun = OffsetsReader.Flag(ref json, "/dryRun", ref problem); break;
            default: break;
        }
    }

    private static List<int>? ReadPartitions(ref Utf8JsonReader json, ref Problem? problem)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            Problem.Blame(ref problem, "/partitions", "must be an array of partitions.");
            return null;
        }

        var partitions = new SortedSet<int>();
        for (int i = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; i++)
        {
            string where = $"/partitions/{i}";
            if (JsonRequest.TryInteger(ref json, 0, StreamLimits.MaxPartitions - 1, where, out long number, ref problem)
                && !partitions.Add((int)number)) Problem.Blame(ref problem, where, "is given twice.");
            json.TrySkip();
        }

        if (partitions.Count == 0) Problem.Blame(ref problem, "/partitions", "must name at least one partition.");
        return [.. partitions];
    }
}
