using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;
using QueueService.Server.Streams;
using QueueService.Server.Streams.QueueViews;
using QueueService.Server.Topics;

namespace QueueService.Server.Bootstrap;

/// <summary>
/// Reads the declarations of a file, or of all `*.json` files of a directory, in the order of their names:
/// `{"queues":{"jobs":{…what PUT takes…}},"topics":{"orders":{…,"subscriptions":{"billing":{…}}}},
/// "streams":{"clicks":{…,"queueViews":{"thumbnails":{…}}}}}`. Nothing is applied before everything is valid.
/// </summary>
internal sealed class BootstrapReader
{
    private const string NameRule = "must have a name of 1 to 128 of A-Z a-z 0-9 . _ -";

    /// <summary>Levels around the body that PUT of a subscription takes.</summary>
    private const int PathDepth = 4;

    private static readonly FieldNames Sections = new("queues", "topics", "streams");

    /// <summary>What PUT takes, and the subscriptions.</summary>
    private static readonly FieldNames TopicNames = new([.. TopicFields.All.Names.All, "subscriptions"]);

    private static readonly FieldNames StreamNames = new([.. StreamFields.All.Names.All, "queueViews"]);

    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly List<Declared> _declared = [];
    private readonly List<string> _errors = [];
    private string _file = "";

    /// <exception cref="BootstrapException">Something is wrong; all of it is named.</exception>
    public static IReadOnlyList<Declared> Read(string path)
    {
        BootstrapReader reader = new();
        foreach (string file in reader.Files(Path.GetFullPath(path))) reader.ReadFile(file);
        return reader._errors.Count == 0 ? reader._declared : throw new BootstrapException(reader._errors);
    }

    private string[] Files(string path)
    {
        if (!Directory.Exists(path)) return [path];
        string[] files = [.. Directory.GetFiles(path, "*.json").Order(StringComparer.Ordinal)];
        if (files.Length == 0) _errors.Add($"{path}: the directory holds no *.json file.");
        return files;
    }

    private void ReadFile(string file)
    {
        _file = file;
        byte[] json;
        try
        {
            long length = new FileInfo(file).Length;
            if (length > Limits.BootstrapFileBytes)
            {
                _errors.Add($"{file}: has {length} bytes, and may have {Limits.BootstrapFileBytes}.");
                return;
            }

#pragma warning disable RS0030 // The ban guards the data directory; this file is the operator's and is only read.
            json = File.ReadAllBytes(file);
#pragma warning restore RS0030
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            _errors.Add($"{file}: {unreadable.Message}");
            return;
        }

        // Editors put a byte order mark in front, which JSON does not know.
        ReadOnlySpan<byte> text = json.AsSpan().StartsWith("\uFEFF"u8) ? json.AsSpan(3) : json;
        Report(text.IsEmpty
            ? Problem.Invalid("", "The file is empty.")
            : JsonRequest.Parse(text, this, ReadDocument, Limits.JsonDepth + PathDepth));
    }

    private void Report(Problem? problem)
    {
        if (problem is null) return;
        if (problem.Errors.Count == 0) _errors.Add($"{_file}: {problem.Detail}");
        foreach ((string where, string message) in problem.Errors)
            _errors.Add(where.Length == 0 ? $"{_file}: {message}" : $"{_file} {where}: {message}");
    }

    private static Problem? ReadDocument(ref Utf8JsonReader json, BootstrapReader reader)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The file must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int section = JsonRequest.Field(ref json, Sections, ref seen, ref problem);
            json.Read();
            if (section < 0) json.Skip();
            else if (section == 0) ReadAll(ref json, "/queues", ref problem, reader.ReadQueue);
            else if (section == 1) ReadAll(ref json, "/topics", ref problem, reader.ReadTopic);
            else ReadAll(ref json, "/streams", ref problem, reader.ReadStream);
        }

        return problem;
    }

    private delegate void ReadNamed(ref Utf8JsonReader json, string name, string pointer, ref Problem? problem);

    /// <summary>Reads an object of objects by their names; the reader stands on it.</summary>
    private static void ReadAll(ref Utf8JsonReader json, string pointer, ref Problem? problem, ReadNamed read)
    {
        if (json.TokenType == JsonTokenType.Null) return;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            string kind = pointer[(pointer.LastIndexOf('/') + 1)..];
            Problem.Blame(ref problem, pointer, $"must be a JSON object of {kind} by their names.");
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = JsonRequest.Name(ref json);
            json.Read();
            read(ref json, name, $"{pointer}/{JsonRequest.Escape(name)}", ref problem);
        }
    }

    private void ReadQueue(ref Utf8JsonReader json, string text, string pointer, ref Problem? problem)
    {
        QueueChanges changes = new(QueueFields.OfQueue);
        bool valid = ReadSettings(ref json, changes, pointer, ref problem);
        if (QueueName.TryParse(text, out QueueName name)) Declare(name, valid ? changes : null, pointer, ref problem);
        else Problem.Blame(ref problem, pointer, NameRule);
    }

    private void ReadTopic(ref Utf8JsonReader json, string text, string pointer, ref Problem? problem)
    {
        if (!TopicName.TryParse(text, out TopicName topic)) Problem.Blame(ref problem, pointer, NameRule);
        Log log = new(topic, TopicFields.All, TopicNames, SubscriptionFields.All);
        ReadLog(ref json, log, pointer, ref problem);
    }

    private void ReadStream(ref Utf8JsonReader json, string text, string pointer, ref Problem? problem)
    {
        if (!StreamName.TryParse(text, out StreamName stream)) Problem.Blame(ref problem, pointer, NameRule);
        Log log = new(stream.Log, StreamFields.All, StreamNames, QueueViewFields.All);
        ReadLog(ref json, log, pointer, ref problem);
    }

    private void ReadLog(ref Utf8JsonReader json, Log log, string pointer, ref Problem? problem)
    {
        QueueChanges changes = new(log.Fields);
        Problem? wrong = null;
        uint seen = 0;
        if (json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.Null))
        {
            Problem.Blame(ref problem, pointer, "must be a JSON object.");
            json.Skip();
            return;
        }

        int readers = log.Names.Count - 1;
        while (json.TokenType != JsonTokenType.Null && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int index = JsonRequest.Field(ref json, log.Names, ref seen, ref wrong);
            json.Read();
            if (index < 0) json.Skip();
            else if (index < readers) changes.ReadField(ref json, index, ref wrong);
            else ReadAll(ref json, $"{pointer}/{log.Names[readers]}", ref problem, ReadReader);
        }

        Move(wrong, pointer, ref problem);
        if (log.Name != default) Declare(log.Name.Address, wrong is null ? changes : null, pointer, ref problem);

        void ReadReader(ref Utf8JsonReader json, string text, string pointer, ref Problem? problem)
        {
            QueueChanges settings = new(log.ReaderFields);
            bool valid = ReadSettings(ref json, settings, pointer, ref problem);
            if (!SubscriptionName.TryParse(log.Name, text, out SubscriptionName name))
                Problem.Blame(ref problem, pointer, NameRule);
            else if (log.Name != default) Declare(name.Address, valid ? settings : null, pointer, ref problem);
        }
    }

    private static bool ReadSettings(
        ref Utf8JsonReader json, QueueChanges changes, string pointer, ref Problem? problem)
    {
        Problem? wrong = json.TokenType == JsonTokenType.Null ? null : QueueChanges.ReadObject(ref json, changes);
        json.TrySkip();
        Move(wrong, pointer, ref problem);
        return wrong is null;
    }

    private static void Move(Problem? wrong, string pointer, ref Problem? problem)
    {
        foreach ((string where, string message) in wrong?.Errors ?? [])
            Problem.Blame(ref problem, pointer + where, message);
    }

    /// <param name="changes">Null when something is wrong with them.</param>
    private void Declare(QueueName name, QueueChanges? changes, string pointer, ref Problem? problem)
    {
        if (!_files.TryAdd(name.Value, _file))
            Problem.Blame(ref problem, pointer, $"is declared twice, first in {_files[name.Value]}.");
        else if (changes is not null) _declared.Add(new Declared(_file, name, changes));
    }

    /// <summary>A topic with its subscriptions, or a stream with its queue views.</summary>
    /// <param name="Names">Of its fields, and last that of those who read it.</param>
    private sealed record Log(TopicName Name, DefinitionFields Fields, FieldNames Names, DefinitionFields ReaderFields);
}
