using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>The alarms of a queue as JSON: a list that is replaced as a whole.</summary>
internal static class AlarmsJson
{
    private const string Pointer = "/alarms";

    public static readonly string[] Metrics =
    [
        "messages", "available", "leased", "delayed", "blocked", "bytes", "oldestMessageAgeSeconds", "deadLettered",
        "records", "oldestRecordAgeSeconds", "groupLag", "groupLagSeconds",
    ];

    private static readonly string[] QueueMetrics = Metrics[..8];

    private static readonly string[] StreamMetrics = ["bytes", .. Metrics[8..]];

    public static readonly string[] States = ["ok", "alarm"];

    private static readonly FieldNames Fields = new("name", "metric", "above", "forSeconds");

    public static Func<QueueConfig, QueueConfig>? Read(ref Utf8JsonReader json, ref Problem? problem) =>
        Read(ref json, QueueMetrics, ref problem);

    public static Func<QueueConfig, QueueConfig>? ReadOfStream(ref Utf8JsonReader json, ref Problem? problem) =>
        Read(ref json, StreamMetrics, ref problem);

    private static Func<QueueConfig, QueueConfig>? Read(ref Utf8JsonReader json, string[] metrics, ref Problem? problem)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            Problem.Blame(ref problem, Pointer, "must be a list of alarms.");
            json.TrySkip();
            return null;
        }

        List<Alarm> alarms = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; i++)
        {
            if (ReadOne(ref json, $"{Pointer}/{i}", metrics, ref problem) is not { } alarm) continue;
            if (!names.Add(alarm.Name))
                Problem.Blame(ref problem, $"{Pointer}/{i}/name", "is the name of another alarm.");
            alarms.Add(alarm);
        }

        if (alarms.Count > Alarm.MaxPerQueue)
            Problem.Blame(ref problem, Pointer, $"must hold at most {Alarm.MaxPerQueue} alarms.");
        ValueList<Alarm> list = new(alarms);
        return config => config with { Alarms = list };
    }

    public static bool Write(JsonOutput output, QueueConfig config)
    {
        output.Raw("["u8);
        for (int i = 0; i < config.Alarms.Count; i++)
        {
            output.Raw(i == 0 ? "{"u8 : ",{"u8);
            WriteFields(output, config.Alarms[i]);
            output.Raw("}"u8);
        }

        output.Raw("]"u8);
        return true;
    }

    public static void WriteStates(JsonOutput output, QueueDescription queue)
    {
        output.Raw("["u8);
        for (int i = 0; i < queue.Alarms.Count; i++)
        {
            AlarmState alarm = queue.Alarms[i];
            output.Raw(i == 0 ? "{"u8 : ",{"u8);
            WriteFields(output, alarm.Alarm);
            output.Raw(",\"state\":"u8).Text(States[alarm.IsRaised ? 1 : 0]).Raw(",\"since\":"u8).Instant(alarm.Since);
            if (alarm.Value is { } value) output.Raw(",\"value\":"u8).Number(value);
            output.Raw("}"u8);
        }

        output.Raw("]"u8);
    }

    private static void WriteFields(JsonOutput output, Alarm alarm) => output
        .Raw("\"name\":"u8).Text(alarm.Name)
        .Raw(",\"metric\":"u8).Text(Metrics[(int)alarm.Metric])
        .Raw(",\"above\":"u8).Number(alarm.Above)
        .Raw(",\"forSeconds\":"u8).Number(alarm.ForSeconds);

    private static Alarm? ReadOne(ref Utf8JsonReader json, string pointer, string[] metrics, ref Problem? problem)
    {
        string? name = null;
        int? metric = null;
        long above = 0;
        int forSeconds = 0;
        PolicyObject fields = new(pointer, Fields);
        while (fields.Next(ref json, ref problem))
        {
            if (fields.Index == 0) name = ReadName(ref json);
            else if (fields.Index == 1) metric = ReadMetric(ref json, fields, metrics, ref problem);
            else if (fields.Index == 2) above = fields.Long(ref json, 0, Alarm.MaxAbove, 0, ref problem);
            else forSeconds = fields.Integer(ref json, 0, Alarm.MaxForSeconds, 0, ref problem);
        }

        if (name is null)
            Problem.Blame(ref problem, pointer + "/name", "is required: 1 to 128 of A-Z a-z 0-9 . _ -");
        if (metric is null) Problem.Blame(ref problem, pointer + "/metric", "is required.");
        if (name is null || metric is null or < 0) return null;
        return new Alarm(name, (AlarmMetric)Array.IndexOf(Metrics, metrics[metric.Value]), above, forSeconds);
    }

    /// <summary>Null when there is none, and negative when it is not a metric, which is blamed.</summary>
    private static int? ReadMetric(
        ref Utf8JsonReader json, in PolicyObject fields, string[] metrics, ref Problem? problem) =>
        json.TokenType == JsonTokenType.Null ? null : fields.Choice(ref json, metrics, -1, ref problem);

    /// <summary>Names of alarms follow the rule of names of queues.</summary>
    private static string? ReadName(ref Utf8JsonReader json)
    {
        string text = json.TokenType == JsonTokenType.String ? JsonRequest.Name(ref json) : "";
        json.TrySkip();
        return QueueName.TryParse(text, out _) ? text : null;
    }
}
