using System.Globalization;
using Microsoft.Extensions.Primitives;
using QueueService.Broker;
using QueueService.Broker.Streams;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

/// <summary>The headers by which retries of an append are recognised: all three, or none.</summary>
internal static class ProducerHeaders
{
    private const string Id = "Producer-Id";
    private const string Epoch = "Producer-Epoch";
    private const string Sequence = "Producer-Sequence";

    public static readonly Parameter[] Parameters =
    [
        new(Id, "String", "Names the producer: retries are recognised among its requests. Needs the other two.",
            "importer-1", ParameterPlace.Header),
        new(Epoch, "Counter", "Of the process that speaks for the producer: a higher one fences those before it.", "0",
            ParameterPlace.Header),
        new(Sequence, "Counter", "Of the request: 0 for the first of an epoch, and one more for each further one.", "0",
            ParameterPlace.Header),
    ];

    public static readonly ProblemKind[] Problems =
    [
        StreamProblems.ProducerFenced, StreamProblems.ProducerSequenceGap, StreamProblems.ProducerSequenceReused,
        StreamProblems.TooManyProducers,
    ];

    public static ProducerState? Read(HttpContext http, ref Problem? problem)
    {
        IHeaderDictionary headers = http.Request.Headers;
        if (!headers.TryGetValue(Id, out StringValues id))
        {
            if (headers.ContainsKey(Epoch)) Problem.Blame(ref problem, Epoch, $"needs {Id}.");
            if (headers.ContainsKey(Sequence)) Problem.Blame(ref problem, Sequence, $"needs {Id}.");
            return null;
        }

        string name = id.ToString();
        if (id.Count != 1 || name.Length is 0 or > StreamLimits.ProducerIdLength
            || name.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            Problem.Blame(
                ref problem, Id,
                $"must be 1 to {StreamLimits.ProducerIdLength} printable ASCII characters without spaces.");
        }

        return new ProducerState(name, Number(headers, Epoch, ref problem), Number(headers, Sequence, ref problem));
    }

    /// <summary>Why a request was refused, with what its producer needs to go on.</summary>
    /// <param name="intake">The batch that was sent; null for a single record.</param>
    public static Problem Refused(in AppendOutcome outcome, BatchIntake? intake)
    {
        Problem problem = BrokerProblems.Of(outcome.Refused);
        return outcome.Refused switch
        {
            BrokerError.ProducerFenced => problem.Telling("currentEpoch", outcome.Expected),
            BrokerError.ProducerSequenceGap => problem.Telling("expectedSequence", outcome.Expected),
            BrokerError.KeyRequired when intake is null => problem.With("Message-Key", "is required."),
            BrokerError.KeyRequired => problem.With($"{intake.Place(outcome.Expected)}/key", "is required."),
            _ => problem,
        };
    }

    private static long Number(IHeaderDictionary headers, string name, ref Problem? problem)
    {
        if (long.TryParse(headers[name].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && number < long.MaxValue) return number;
        Problem.Blame(ref problem, name, $"must be an integer of at least 0; {Id} needs it.");
        return 0;
    }
}
