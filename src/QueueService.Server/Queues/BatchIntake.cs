using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>The messages of one batch request: those that are valid are in the broker's batch, and for a partial batch
/// it remembers what is wrong with the others.</summary>
/// <param name="alone">Each message is a request of its own, and what is blamed has no place in a batch.</param>
internal sealed class BatchIntake(bool partial, int maxMessages, bool alone = false) : IDisposable
{
    private Dictionary<int, Problem>? _refused;
    private MessageBatch? _batch = MessageBatch.Rent();
    private string _place = "";

    public int Count { get; private set; }

    /// <summary>Reads what the batch is made of.</summary>
    public required ItemReader Reader { get; init; }

    public MessageBatch Batch => _batch ?? throw new InvalidOperationException("The batch was sent.");

    /// <summary>Reads the next message. Answers what ends the whole request.</summary>
    /// <param name="json">Stands on the first token of the message.</param>
    /// <param name="place">The pointer of the list that holds it.</param>
    public Problem? Add(ref Utf8JsonReader json, string place) =>
        Full(place) ?? Settle(Reader.Read(ref json, Batch), _place = place);

    /// <summary>As <see cref="Add"/>, for a structured CloudEvent.</summary>
    public Problem? AddEvent(ref Utf8JsonReader json, ReadOnlySpan<byte> source)
    {
        if (Full("") is { } full) return full;
        Problem? problem = null;
        CloudEventReader.Read(ref json, source, default, Batch, ref problem);
        return Settle(problem, "");
    }

    /// <summary>The pointer of the n-th message that the broker got, when all were valid.</summary>
    public string Place(long index) => $"{_place}/{index}";

    /// <summary>A line that is not even JSON counts as a message.</summary>
    public Problem? Refuse(Problem problem) => Full("") ?? Settle(problem, "");

    /// <summary>Hands the batch to the broker, which owns it from now on.</summary>
    public MessageBatch Take()
    {
        MessageBatch batch = Batch;
        batch.Partial = partial;
        _batch = null;
        return batch;
    }

    public void Dispose()
    {
        Reader.Dispose();
        _batch?.Dispose();
        _batch = null;
    }

    public void WriteResults(JsonOutput output, in SendOutcome outcome)
    {
        output.Raw("{\"results\":["u8);
        int stored = 0;
        int sent = 0;
        for (int i = 0; i < Count; i++)
        {
            if (i > 0) output.Raw(","u8);
            WriteResult(output, i, in outcome, ref sent, ref stored);
        }

        output.Raw("]}"u8);
    }

    /// <summary>One line for each message. An error of the whole batch is one of each message in it.</summary>
    public void WriteLines(JsonOutput output, in Result<SendOutcome> result)
    {
        SendOutcome outcome = result.Value;
        int stored = 0;
        int sent = 0;
        for (int i = 0; i < Count; i++)
        {
            if (!result.Succeeded && _refused?.ContainsKey(i) != true)
                WriteRefused(output, BrokerProblems.Of(result.Error));
            else WriteResult(output, i, in outcome, ref sent, ref stored);
            output.Raw("\n"u8);
        }
    }

    /// <summary>One line for each record. An error of the whole batch is one of each record in it.</summary>
    public void WritePlaceLines(JsonOutput output, in Result<AppendOutcome> result)
    {
        AppendOutcome outcome = result.Value;
        int sent = 0;
        for (int i = 0; i < Count; i++)
        {
            if (!result.Succeeded && _refused?.ContainsKey(i) != true)
                WriteRefused(output, BrokerProblems.Of(result.Error));
            else WritePlace(output, i, in outcome, ref sent);
            output.Raw("\n"u8);
        }
    }

    /// <summary>Where the records of a stream are.</summary>
    public void WritePlaces(JsonOutput output, in AppendOutcome outcome)
    {
        output.Raw("{\"results\":["u8);
        int sent = 0;
        for (int i = 0; i < Count; i++)
        {
            if (i > 0) output.Raw(","u8);
            WritePlace(output, i, in outcome, ref sent);
        }

        output.Raw("],\"timestamp\":"u8).Instant(outcome.Timestamp).Raw("}"u8);
    }

    private void WritePlace(JsonOutput output, int index, in AppendOutcome outcome, ref int sent)
    {
        Problem? problem = null;
        if (_refused is null || !_refused.TryGetValue(index, out problem))
        {
            BrokerError error = outcome.Errors is null ? BrokerError.None : outcome.Errors[sent];
            if (error != BrokerError.None) problem = BrokerProblems.Of(error);
            sent++;
        }

        if (problem is not null)
        {
            WriteRefused(output, problem);
            return;
        }

        (int partition, long offset) = Batch.PlaceOf(sent - 1);
        output.Raw("{\"partition\":"u8).Number(partition).Raw(",\"offset\":"u8).Number(offset);
        output.Raw(partial ? ",\"status\":201}"u8 : "}"u8);
    }

    private void WriteResult(JsonOutput output, int index, in SendOutcome outcome, ref int sent, ref int stored)
    {
        Problem? problem = null;
        if (_refused is null || !_refused.TryGetValue(index, out problem))
        {
            BrokerError error = outcome.Errors is null ? BrokerError.None : outcome.Errors[sent];
            sent++;
            if (error != BrokerError.None) problem = BrokerProblems.Of(error);
        }

        if (problem is not null) WriteRefused(output, problem);
        else WriteStored(output, outcome.IdAt(stored), outcome.IsDuplicate(stored++));
    }

    private void WriteStored(JsonOutput output, MessageId id, bool isDuplicate)
    {
        output.Raw("{\"id\":"u8);
        id.Format(output.Quoted(MessageId.TextLength));
        output.Raw(",\"sequenceNumber\":"u8).Number(id.SequenceNumber);
        if (isDuplicate) output.Raw(",\"deduplicated\":true"u8);
        if (partial) output.Raw(isDuplicate ? ",\"status\":200"u8 : ",\"status\":201"u8);
        output.Raw("}"u8);
    }

    public static void WriteRefused(JsonOutput output, Problem problem)
    {
        output.Raw("{\"status\":"u8).Number(problem.Kind.Status).Raw(",\"problem\":"u8);
        problem.WriteJson(output);
        output.Raw("}"u8);
    }

    private Problem? Full(string place) => Count < maxMessages
        ? null
        : new Problem(ProblemKind.RequestTooLarge, $"A batch like this holds at most {maxMessages} messages.")
            .With(place, $"has more than {maxMessages} messages.");

    private Problem? Settle(Problem? problem, string place)
    {
        int index = Count++;
        if (problem is null) return null;
        if (!alone) problem.Under($"{place}/{index}");
        if (!partial) return problem;
        (_refused ??= []).Add(index, problem);
        return null;
    }
}
