using System.Text;
using System.Text.Json;
using static QueueService.Aws.Auth.PolicyJson;

namespace QueueService.Aws.Auth;

/// <summary>Reads policy documents. What it does not know it refuses: a policy that is understood in part is not
/// enforced.</summary>
internal sealed class PolicyReader(PolicyRules rules)
{
    private static readonly string[] Versions = ["2008-10-17", "2012-10-17"];

    private readonly HashSet<string> _sids = new(StringComparer.Ordinal);

    private int _principals;

    /// <summary>Null and what is wrong, as a sentence, when the document is not a policy of the service.</summary>
    public static Policy? Read(string json, PolicyRules rules, out string? problem)
    {
        problem = null;
        if (Encoding.UTF8.GetByteCount(json) > rules.MaxBytes)
        {
            problem = $"A policy has at most {rules.MaxBytes} bytes.";
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return new PolicyReader(rules).ReadPolicy(document.RootElement);
        }
        catch (JsonException malformed)
        {
            problem = $"Not well-formed JSON: {malformed.Message.Split(" LineNumber:", 2)[0]}";
        }
        catch (InvalidOperationException)
        {
            problem = "A string of the policy is not valid Unicode.";
        }
        catch (PolicyException wrong)
        {
            problem = wrong.Message;
        }

        return null;
    }

    private Policy ReadPolicy(JsonElement policy)
    {
        Refuse(policy.ValueKind != JsonValueKind.Object, "The policy must be a JSON object.");
        List<PolicyStatement>? statements = null;
        foreach (JsonProperty field in policy.EnumerateObject())
        {
            if (field.Name == "Version")
                Refuse(!Versions.Contains(Text(field)), $"The Version must be {string.Join(" or ", Versions)}.");
            else if (field.Name == "Id") Text(field);
            else if (field.Name == "Statement") statements = [.. Items(field.Value).Select(ReadStatement)];
            else throw new PolicyException($"Unknown element {field.Name}. Known: Version, Id, Statement.");
        }

        Refuse(statements is not { Count: > 0 }, "The policy must contain a Statement.");
        Refuse(
            statements!.Count > PolicyRules.MaxStatements,
            $"{statements.Count} Statements were found, maximum allowed is {PolicyRules.MaxStatements}.");
        return new Policy(statements);
    }

    private PolicyStatement ReadStatement(JsonElement statement)
    {
        Refuse(statement.ValueKind != JsonValueKind.Object, "A Statement must be a JSON object.");
        Verdict? effect = null;
        PolicyPrincipals? principals = null;
        PolicyNames? actions = null;
        PolicyNames? resources = null;
        List<PolicyCondition> conditions = [];
        foreach (JsonProperty field in statement.EnumerateObject())
        {
            bool isNegated = field.Name.StartsWith("Not", StringComparison.Ordinal);
            switch (field.Name)
            {
                case "Sid":
                    Refuse(!_sids.Add(Text(field)), $"The Sid {Text(field)} is used twice.");
                    break;
                case "Effect":
                    effect = ReadEffect(Text(field));
                    break;
                case "Principal" or "NotPrincipal":
                    Refuse(principals is not null, "A Statement has one of Principal and NotPrincipal.");
                    principals = ReadPrincipals(field.Value, isNegated);
                    break;
                case "Action" or "NotAction":
                    Refuse(actions is not null, "A Statement has one of Action and NotAction.");
                    actions = new PolicyNames([.. Texts(field).Select(ReadAction)], isNegated);
                    break;
                case "Resource" or "NotResource":
                    Refuse(resources is not null, "A Statement has one of Resource and NotResource.");
                    resources = new PolicyNames([.. Texts(field).Select(ReadResource)], isNegated);
                    break;
                case "Condition":
                    conditions = ReadConditions(field.Value);
                    break;
                default:
                    throw new PolicyException($"Unknown element {field.Name} of a Statement.");
            }
        }

        return Complete(effect, principals, actions, resources, conditions);
    }

    private PolicyStatement Complete(
        Verdict? effect, PolicyPrincipals? principals, PolicyNames? actions, PolicyNames? resources,
        List<PolicyCondition> conditions)
    {
        Refuse(effect is null, "Policy statement must contain an Effect.");
        Refuse(principals is null, "Policy statement must contain principals.");
        Refuse(actions is null, "Policy statement must contain actions.");
        Refuse(resources is null, "Policy statement must contain resources.");
        Refuse(
            actions!.Patterns.Count > rules.ActionsOfStatement,
            $"{actions.Patterns.Count} Actions were found, maximum allowed is {rules.ActionsOfStatement}.");
        return new PolicyStatement(effect!.Value, principals!, actions, resources!, conditions);
    }

    private static Verdict ReadEffect(string effect) => effect switch
    {
        "Allow" => Verdict.Allow,
        "Deny" => Verdict.Deny,
        _ => throw new PolicyException($"The Effect must be Allow or Deny, not {effect}."),
    };

    private string ReadAction(string action)
    {
        bool inScope = action == "*"
            || action.StartsWith(rules.Service + ":", StringComparison.OrdinalIgnoreCase);
        Refuse(!inScope, $"Policy statement action out of service scope! {action} is not one of {rules.Service}.");
        return action;
    }

    private static string ReadResource(string resource)
    {
        bool isArn = resource == "*" || resource.StartsWith("arn:", StringComparison.Ordinal);
        Refuse(!isArn, $"The Resource {resource} is not an ARN.");
        return RefuseVariables(resource);
    }

    private PolicyPrincipals ReadPrincipals(JsonElement value, bool isNegated)
    {
        List<string> accounts = [], arns = [], services = [];
        bool everybody = value.ValueKind == JsonValueKind.String && value.GetString() == "*";
        Refuse(!everybody && value.ValueKind != JsonValueKind.Object, "A Principal must be * or a JSON object.");
        foreach (JsonProperty kind in everybody ? default : value.EnumerateObject())
        {
            foreach (string name in Texts(kind))
            {
                _principals++;
                if (kind.Name == "Service") services.Add(name);
                else if (kind.Name != "AWS") throw new PolicyException($"Unknown kind of Principal: {kind.Name}.");
                else if (name == "*") everybody = true;
                else if (AccountOf(name) is { } account) accounts.Add(account);
                else if (IsPrincipalArn(name)) arns.Add(name);
                else throw new PolicyException($"Invalid principal in policy: {name}.");
            }
        }

        Refuse(
            _principals > PolicyRules.MaxPrincipals,
            $"More Principals were found than the maximum allowed, {PolicyRules.MaxPrincipals}.");
        return new PolicyPrincipals(everybody, accounts, arns, services, isNegated);
    }

    /// <summary>`123456789012` or `arn:aws:iam::123456789012:root`; null for what names no account.</summary>
    private static string? AccountOf(string principal)
    {
        if (principal.Split(':') is ["arn", _, "iam", "", var account, "root"]) principal = account;
        return AwsOptions.IsAccount(principal) ? principal : null;
    }

    private static bool IsPrincipalArn(string name) =>
        name.Split(':', 6) is ["arn", _, "iam" or "sts", "", { Length: 12 }, { Length: > 0 } who]
        && !who.Contains('*', StringComparison.Ordinal);

    private static List<PolicyCondition> ReadConditions(JsonElement value)
    {
        Refuse(value.ValueKind != JsonValueKind.Object, "A Condition must be a JSON object.");
        List<PolicyCondition> conditions = [];
        foreach (JsonProperty entry in value.EnumerateObject())
        {
            ConditionOperator compares = ConditionOperator.Find(entry.Name, out bool whenMissing)
                ?? throw new PolicyException($"Unknown condition operator {entry.Name}.");
            Refuse(entry.Value.ValueKind != JsonValueKind.Object, $"{entry.Name} must be a JSON object.");
            foreach (JsonProperty key in entry.Value.EnumerateObject())
            {
                Refuse(!key.Name.Contains(':', StringComparison.Ordinal), $"Invalid condition key {key.Name}.");
                string[] values = [.. Texts(key).Select(RefuseVariables)];
                string? wrong = values.FirstOrDefault(text => !compares.IsValue(text));
                Refuse(wrong is not null, $"{wrong} is not a value for {entry.Name}.");
                conditions.Add(new PolicyCondition(compares, key.Name, values, whenMissing));
            }
        }

        Refuse(
            conditions.Count > PolicyRules.MaxConditions,
            $"{conditions.Count} Conditions were found, maximum allowed is {PolicyRules.MaxConditions}.");
        return conditions;
    }

    /// <summary>They would be compared as they are written, so a policy with one would mean something else.</summary>
    private static string RefuseVariables(string text)
    {
        Refuse(text.Contains("${", StringComparison.Ordinal), $"Policy variables are not supported: {text}.");
        return text;
    }
}
