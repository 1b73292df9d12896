using System.Globalization;
using System.Text;
using System.Text.Json;

namespace QueueService.Broker.Topics.Filters;

/// <summary>Reads a filter policy and checks it.</summary>
internal sealed class PolicyReader(FilterScope scope, List<FilterProblem> problems)
{
    private readonly List<PolicyPath> _paths = [];
    private readonly Dictionary<(int, string), int> _places = [];
    private readonly ConditionReader _conditions = new(problems);
    private int _keys;

    public Policy Read(JsonElement json, string pointer)
    {
        PolicyObject root = new([]);
        if (json.ValueKind != JsonValueKind.Object)
        {
            Blame(pointer, "must be an object.");
            return new Policy(root, _paths);
        }

        root = ReadObject(json, new Place(pointer, Parent: -1, Depth: 1, Branches: 0), out double combinations);
        Check(pointer, "keys with conditions", _keys, FilterLimits.Keys);
        Check(pointer, "values", _conditions.Values, FilterLimits.Values);
        Check(pointer, "combinations of values", combinations, FilterLimits.Combinations);
        Check(pointer, "points for wildcards", _conditions.WildcardPoints, FilterLimits.WildcardPoints);
        return new Policy(root, _paths);
    }

    private PolicyObject ReadObject(JsonElement json, in Place place, out double combinations)
    {
        combinations = 1;
        List<PolicyClause> clauses = [];
        HashSet<string> seen = [];
        foreach (JsonProperty field in json.EnumerateObject())
        {
            Place below = place with { Pointer = place.Pointer + "/" + FilterReader.Escape(field.Name) };
            double factor = 1;
            if (!seen.Add(field.Name)) Blame(below.Pointer, "is given twice.");
            else if (field.Name == "$or" && IsOr(field.Value))
                clauses.Add(ReadBranches(field.Value, below with { Branches = place.Branches + 1 }, out factor));
            else clauses.Add(ReadKey(field, below, out factor));
            combinations *= factor;
        }

        if (seen.Count == 0) Blame(place.Pointer, "must name at least one key.");
        return new PolicyObject([.. clauses]);
    }

    /// <summary>As SNS: a list of two or more objects, none of which has an operator's name for a key. Else `$or` is a
    /// key like any other.</summary>
    private static bool IsOr(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() < 2) return false;
        foreach (JsonElement branch in json.EnumerateArray())
        {
            if (branch.ValueKind != JsonValueKind.Object) return false;
            foreach (JsonProperty field in branch.EnumerateObject())
                if (ConditionReader.IsOperator(field.Name)) return false;
        }

        return true;
    }

    private PolicyClause ReadBranches(JsonElement json, in Place place, out double combinations)
    {
        combinations = 0;
        List<PolicyObject> branches = [];
        if (place.Branches > FilterLimits.Depth)
            Blame(place.Pointer, $"must not be nested more than {FilterLimits.Depth} levels deep.");
        foreach (JsonElement branch in json.EnumerateArray())
        {
            string pointer = place.Pointer + "/" + branches.Count.ToString(CultureInfo.InvariantCulture);
            branches.Add(ReadObject(branch, place with { Pointer = pointer }, out double inBranch));
            combinations += inBranch;
        }

        return new PolicyClause { Branches = [.. branches] };
    }

    private PolicyClause ReadKey(JsonProperty field, in Place place, out double combinations)
    {
        combinations = 1;
        if (Encoding.UTF8.GetByteCount(field.Name) > FilterLimits.KeyBytes)
            Blame(place.Pointer, $"must be named in at most {FilterLimits.KeyBytes} bytes.");
        int path = PathOf(place.Parent, field.Name);
        switch (field.Value.ValueKind)
        {
            case JsonValueKind.Object when scope == FilterScope.Attributes:
                Blame(
                    place.Pointer, "must be a list of values: attributes have no keys; the scope body knows nesting.");
                return new PolicyClause();
            case JsonValueKind.Object when place.Depth == FilterLimits.Depth:
                Blame(place.Pointer, $"must not be nested: keys go {FilterLimits.Depth} levels deep.");
                return new PolicyClause();
            case JsonValueKind.Object:
                Place below = place with { Parent = path, Depth = place.Depth + 1 };
                return new PolicyClause { Path = path, Nested = ReadObject(field.Value, below, out combinations) };
            case JsonValueKind.Array:
                _keys++;
                combinations = Math.Max(1, field.Value.GetArrayLength());
                Condition[] conditions = _conditions.ReadList(field.Value, place.Pointer);
                bool mayBeAbsent = Array.Exists(conditions, condition => condition.Operator == Operator.NotExists);
                return new PolicyClause { Path = path, Conditions = conditions, MayBeAbsent = mayBeAbsent };
            default:
                Blame(place.Pointer, scope == FilterScope.Body
                    ? "must be a list of values, or an object with the keys below it."
                    : "must be a list of values.");
                return new PolicyClause();
        }
    }

    private int PathOf(int parent, string key)
    {
        if (_places.TryGetValue((parent, key), out int known)) return known;
        _paths.Add(new PolicyPath(parent, Encoding.UTF8.GetBytes(key)));
        _places.Add((parent, key), _paths.Count - 1);
        return _paths.Count - 1;
    }

    private void Check(string pointer, string what, double count, int limit)
    {
        if (count > limit)
            Blame(pointer, string.Create(CultureInfo.InvariantCulture, $"must have at most {limit} {what}."));
    }

    private void Blame(string pointer, string message) => problems.Add(new FilterProblem(pointer, message));

    /// <summary>Where the reader is.</summary>
    /// <param name="Parent">Path of the key whose object it reads.</param>
    /// <param name="Depth">Of the keys in this object, from 1.</param>
    /// <param name="Branches">`$or` around it.</param>
    private readonly record struct Place(string Pointer, int Parent, int Depth, int Branches);
}
