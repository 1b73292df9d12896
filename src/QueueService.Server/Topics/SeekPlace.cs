using System.Text.Json;
using QueueService.Broker.Topics;
using QueueService.Server.Http;

namespace QueueService.Server.Topics;

/// <summary>Where a seek leads: to a time, which may be one end of the topic, or to a snapshot.</summary>
/// <param name="subscription">The one that is to begin there.</param>
internal sealed class SeekPlace(SubscriptionName subscription)
{
    public const string OneOfThree = "The body has one of time, to and snapshot.";

    private const string NameRule = "must be 1 to 128 of A-Z a-z 0-9 . _ -";

    private static readonly FieldNames Fields = new("time", "to", "snapshot", "subscription");

    /// <summary>In the order of <see cref="Times"/>.</summary>
    private static readonly string[] Ends = [SubscriptionConfig.Earliest, SubscriptionConfig.Latest];

    private static readonly long[] Times = [0, long.MaxValue];

    private string? _snapshot;
    private string? _owner;

    /// <summary>Unix milliseconds.</summary>
    public long? Time { get; private set; }

    public SnapshotName? Snapshot { get; private set; }

    /// <summary>Names the place among all.</summary>
    public override string ToString() => Snapshot is { } snapshot ? $"{snapshot}" : $"{Time}";

    public static Problem? Read(ref Utf8JsonReader json, SeekPlace place) => place.Read(ref json);

    private Problem? Read(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        int places = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            if (field is >= 0 and < 3) places++;
            ReadField(ref json, field, ref problem);
            json.TrySkip();
        }

        return problem ?? Complete(places);
    }

    private void ReadField(ref Utf8JsonReader json, int field, ref Problem? problem)
    {
        switch (field)
        {
            case 0:
                Time = JsonBody.Instant(ref json, "/time", ref problem) is { } time ? Math.Max(0, time) : null;
                break;
            case 1 when JsonRequest.TryChoice(ref json, Ends, "/to", out int end, ref problem):
                Time = Times[end];
                break;
            case 2 when JsonRequest.TryText(ref json, "/snapshot", out string text, ref problem):
                _snapshot = text;
                break;
            case 3 when JsonRequest.TryText(ref json, "/subscription", out string text, ref problem):
                _owner = text;
                break;
        }
    }

    private Problem? Complete(int places)
    {
        if (places != 1) return Problem.Invalid("", OneOfThree);
        if (_snapshot is null && _owner is not null)
            return Problem.Invalid("/subscription", "says whose snapshot it is: it is given with snapshot only.");
        if (_snapshot is null) return null;
        Problem? problem = null;
        SubscriptionName owner = subscription;
        if (_owner is not null && !SubscriptionName.TryParse(subscription.Topic, _owner, out owner))
            Problem.Blame(ref problem, "/subscription", NameRule);
        if (!SnapshotName.TryParse(owner, _snapshot, out SnapshotName snapshot))
            Problem.Blame(ref problem, "/snapshot", NameRule);
        Snapshot = snapshot;
        return problem;
    }
}
