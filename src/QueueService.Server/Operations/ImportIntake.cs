using System.Text.Json;
using System.Text.Unicode;
using QueueService.Broker;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;
using QueueService.Server.Http;
using QueueService.Server.Queues;
using LongOperation = QueueService.Broker.Operations.Operation;

namespace QueueService.Server.Operations;

/// <summary>Gathers the messages of an import into commits, and remembers what is wrong with the first bad
/// lines.</summary>
internal sealed class ImportIntake(MessageBroker broker, LongOperation operation) : IDisposable
{
    /// <summary>Bad lines that are described; the rest is counted.</summary>
    private const int MaxErrors = 100;

    /// <summary>Messages of one commit, and bytes: as for a batch, and small enough not to hold other commits
    /// up.</summary>
    private const int CommitLines = 1_000;

    private const int CommitBytes = 1 << 20;

    private readonly MessageReader _reader = new() { ImportedAt = operation.CreatedAt };
    private readonly List<(long Line, Problem Problem)> _errors = [];

    /// <summary>The numbers of the lines in the batch.</summary>
    private readonly List<long> _lines = [];

    private MessageBatch _batch = MessageBatch.Rent();
    private long _line;
    private long _invalid;

    /// <summary>Of the body; null when nobody asks for it.</summary>
    public BodyDigest? Digest { get; init; }

    /// <summary>Nothing more is taken: it was cancelled, or failed.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Why it failed; null when it did not, or was cancelled.</summary>
    public Problem? Problem { get; private set; }

    public bool IsFull => _lines.Count + _invalid >= CommitLines || _batch.Bytes >= CommitBytes;

    /// <summary>Reads one line; empty ones count as none.</summary>
    public void Add(ReadOnlySpan<byte> line)
    {
        line = line.Trim(" \t\r"u8);
        if (line.IsEmpty) return;
        _line++;
        if (Read(line) is { } problem)
        {
            _invalid++;
            Note(_line, problem);
        }
        else
        {
            _lines.Add(_line);
        }
    }

    /// <summary>Commits what was read.</summary>
    public async ValueTask Flush()
    {
        if (_lines.Count + _invalid == 0) return;
        Result<ImportOutcome> result = await broker.Import(operation.Id, new ImportedLines(_batch, _invalid));
        if (result.Succeeded)
        {
            for (int i = 0; i < _lines.Count; i++)
                if (result.Value.TooLarge[i]) Note(_lines[i], new Problem(ProblemKind.MessageTooLarge));
        }
        else
        {
            IsOver = true;
            if (result.Error != BrokerError.OperationFinished) Problem = BrokerProblems.Of(result.Error);
        }

        _lines.Clear();
        _invalid = 0;
        _batch.Dispose();
        _batch = MessageBatch.Rent();
    }

    /// <summary>What is wrong with the first bad lines, as the items of a JSON array.</summary>
    public byte[] Errors()
    {
        JsonOutput output = JsonOutput.Rent();
        for (int i = 0; i < _errors.Count; i++)
        {
            output.Raw(i == 0 ? "{\"line\":"u8 : ",{\"line\":"u8).Number(_errors[i].Line).Raw(",\"problem\":"u8);
            _errors[i].Problem.WriteJson(output);
            output.Raw("}"u8);
        }

        byte[] errors = output.Written.ToArray();
        output.Return();
        return errors;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _batch.Dispose();
        Digest?.Dispose();
    }

    private void Note(long line, Problem problem)
    {
        if (_errors.Count < MaxErrors) _errors.Add((line, problem));
    }

    private Problem? Read(ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line)) return new Problem(ProblemKind.MalformedJson, "The line is not valid UTF-8.");
        try
        {
            // What follows the message is checked first: once it is in the batch, it cannot be taken out.
            Utf8JsonReader json = new(line, JsonRequest.Strict);
            Utf8JsonReader ahead = json;
            while (ahead.Read())
            {
            }

            json.Read();
            return _reader.Read(ref json, _batch);
        }
        catch (JsonException malformed)
        {
            return JsonRequest.Malformed(malformed);
        }
    }
}
