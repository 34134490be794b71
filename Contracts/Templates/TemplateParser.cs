namespace SwarmOrleans.Contracts.Templates;

/// <summary>Makes what can be executed out of tokens.</summary>
internal sealed class TemplateParser(List<Token> tokens)
{
    // Deeper nesting is no one's template, and would use up the stack.
    private const int MaxDepth = 100;

    private int _position;
    private int _depth;

    private Token Current => tokens[_position];

    public Sequence ParseAll()
    {
        var body = ParseSequence(out var end);
        return end is null ? body : throw new TemplateException($"unexpected {{{{{end}}}}}");
    }

    // Stops after the word of an action that ends the sequence: end, or else with its pipeline still to come.
    private Sequence ParseSequence(out string? end)
    {
        if (++_depth > MaxDepth)
        {
            throw new TemplateException($"actions are nested more than {MaxDepth} deep");
        }

        var items = new List<TemplateAction>();
        end = null;
        while (Current.Kind != TokenKind.End)
        {
            var token = Next();
            if (token.Kind == TokenKind.Text)
            {
                items.Add(new Text(token.Text));
                continue;
            }

            if (Current is { Kind: TokenKind.Word, Text: "end" or "else" })
            {
                end = Next().Text;
                break;
            }

            items.Add(ParseAction());
        }

        _depth--;
        return new Sequence(items);
    }

    private TemplateAction ParseAction()
    {
        var word = Current.Kind == TokenKind.Word ? Current.Text : "";
        switch (word)
        {
            case "if":
                Next();
                return ParseBranch((pipe, then, otherwise) => new If(pipe, then, otherwise));
            case "with":
                Next();
                return ParseBranch((pipe, then, otherwise) => new With(pipe, then, otherwise));
            case "range":
                Next();
                return ParseBranch((pipe, then, otherwise) => new Range(pipe, then, otherwise));
            case "break" or "continue":
                Next();
                Close();
                return new Jump(word == "break" ? Flow.Break : Flow.Continue);
            case "define" or "template" or "block":
                throw new TemplateException($"{word} is not served: a template is one text");
            default:
                var pipeline = ParsePipeline();
                Close();
                return new Print(pipeline);
        }
    }

    private TemplateAction ParseBranch(Func<Pipeline, Sequence, Sequence?, TemplateAction> create)
    {
        var pipeline = ParsePipeline();
        Close();
        var then = ParseSequence(out var end);
        Sequence? otherwise = null;
        if (end == "else")
        {
            if (Current is { Kind: TokenKind.Word, Text: "if" or "with" })
            {
                // The end of the inner one is this one's too.
                otherwise = new Sequence([ParseAction()]);
                return create(pipeline, then, otherwise);
            }

            Close();
            otherwise = ParseSequence(out end);
        }

        if (end != "end")
        {
            throw new TemplateException("missing {{end}}");
        }

        Close();
        return create(pipeline, then, otherwise);
    }

    private Pipeline ParsePipeline()
    {
        var variables = new List<string>();
        var isDeclaration = false;
        if (Current.Kind == TokenKind.Variable && DeclarationLength() is > 0 and var length)
        {
            for (var i = 0; i < length; i += 2)
            {
                variables.Add(tokens[_position + i].Text);
            }

            isDeclaration = tokens[_position + length - 1].Text == ":=";
            _position += length;
        }

        var commands = new List<Command> { ParseCommand() };
        while (Current is { Kind: TokenKind.Symbol, Text: "|" })
        {
            Next();
            commands.Add(ParseCommand());
        }

        return new Pipeline(variables, isDeclaration, commands);
    }

    // Tokens of "$a :=", "$a =" or "$a, $b :="; 0 for anything else.
    private int DeclarationLength()
    {
        static bool IsAssign(Token t) => t is { Kind: TokenKind.Symbol, Text: ":=" or "=" };
        if (IsAssign(tokens[_position + 1]))
        {
            return 2;
        }

        return tokens[_position + 1] is { Kind: TokenKind.Symbol, Text: "," } && tokens[_position + 2].Kind == TokenKind.Variable
            && IsAssign(tokens[_position + 3])
            ? 4
            : 0;
    }

    private Command ParseCommand()
    {
        var operands = new List<Operand>();
        while (Current.Kind is TokenKind.Field or TokenKind.Word or TokenKind.Variable or TokenKind.Literal || Current is { Kind: TokenKind.Symbol, Text: "(" })
        {
            operands.Add(ParseOperand());
        }

        return operands.Count > 0 ? new Command(operands) : throw new TemplateException("missing value for command");
    }

    private Operand ParseOperand()
    {
        var token = Next();
        switch (token.Kind)
        {
            case TokenKind.Field:
                return token.Text.Length == 0 ? new Path(null, [], ".") : Chain(null, [token.Text], "." + token.Text);
            case TokenKind.Variable:
                return Chain(new Variable(token.Text), [], token.Text);
            case TokenKind.Literal:
                return new Literal(token.Value);
            case TokenKind.Word when token.Text == "nil":
                return new Literal(null);
            case TokenKind.Word:
                return new Function(token.Text);
            default:
                if (++_depth > MaxDepth)
                {
                    throw new TemplateException($"parentheses are nested more than {MaxDepth} deep");
                }

                var inner = ParsePipeline();
                _depth--;
                if (Next() is not { Kind: TokenKind.Symbol, Text: ")" })
                {
                    throw new TemplateException("unclosed left paren");
                }

                return Chain(new Nested(inner), [], "(…)");
        }
    }

    private Operand Chain(Operand? start, List<string> names, string text)
    {
        while (Current is { Kind: TokenKind.Field, AfterSpace: false, Text.Length: > 0 })
        {
            names.Add(Current.Text);
            text += "." + Next().Text;
        }

        return start is not null && names.Count == 0 ? start : new Path(start, names, text);
    }

    private void Close()
    {
        if (Next().Kind != TokenKind.Close)
        {
            _position--;
            throw new TemplateException($"unexpected \"{(Current.Kind is TokenKind.Field ? "." : "") + Current.Text}\" in action");
        }
    }

    private Token Next() => tokens[_position++];
}
